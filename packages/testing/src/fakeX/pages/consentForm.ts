import { randomBytes } from 'node:crypto';
import type { ReceivedRequest } from '../server/received.ts';
import type { FakeXState } from '../state.ts';

/** A value for the form's hidden `ticket`: only a form from its own page is taken, and only once. */
export function issueTicket(request: ReceivedRequest, x: FakeXState): string {
  const ticket = randomBytes(16).toString('hex');
  x.tickets.set(ticket, `${request.path}?${request.rawQuery}`);
  return ticket;
}

export interface Decided {
  readonly decision: 'authorize' | 'cancel';
  /** The `key` of the person. */
  readonly as: string;
}

/** What the person who was shown the page chose; undefined when the form is not one of ours. */
export function readDecision(request: ReceivedRequest, x: FakeXState): Decided | undefined {
  const ticket = request.form?.['ticket'] ?? '';
  const isOurs = x.tickets.get(ticket) === `${request.path}?${request.rawQuery}`;
  x.tickets.delete(ticket);
  const decision = request.form?.['decision'];
  if (!isOurs || (decision !== 'authorize' && decision !== 'cancel')) return undefined;
  return { decision, as: request.form?.['person'] ?? '' };
}
