import { randomBytes } from 'node:crypto';
import type { ReceivedRequest } from '../server/received.ts';
import type { FakeXState } from '../state.ts';

/** Creates the value of the form's hidden `ticket`, so that a form is accepted only from its own page, and once. */
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

/** What the person chose on the consent page; undefined when the form didn't come from it. */
export function readDecision(request: ReceivedRequest, x: FakeXState): Decided | undefined {
  const ticket = request.form?.['ticket'] ?? '';
  const isOurs = x.tickets.get(ticket) === `${request.path}?${request.rawQuery}`;
  x.tickets.delete(ticket);
  const decision = request.form?.['decision'];
  if (!isOurs || (decision !== 'authorize' && decision !== 'cancel')) return undefined;
  return { decision, as: request.form?.['person'] ?? '' };
}
