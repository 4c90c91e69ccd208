import type { Fault, FaultStage } from './faults.ts';
import { type Incoming, type ReceivedRequest, wentTo } from '../server/received.ts';

export interface FaultOptions {
  /** By default `after` for faults that need the real answer, `before` for all others. */
  readonly at?: FaultStage;
  /** How many requests fail, 1 by default. `Infinity` lasts until the fault is cleared. */
  readonly times?: number;
  /** Which of the endpoint's requests to pick. Can't be used with `unread`, since it may look at the body. */
  readonly matching?: (request: ReceivedRequest) => boolean;
}

export interface PlannedFault {
  /** How many requests have failed because of it. */
  readonly hits: number;
  clear(): void;
}

export interface Hold {
  /** Resolves with the first request that is held. */
  readonly arrived: Promise<ReceivedRequest>;
  /** How many requests are held now. */
  readonly waiting: number;
  /** Lets the held requests go on, and holds no more. */
  release(): void;
}

interface Rule {
  readonly endpoint: string;
  readonly stage: FaultStage;
  readonly matching: (request: ReceivedRequest) => boolean;
}

interface FaultRule extends Rule {
  readonly fault: Fault;
  left: number;
  hits: number;
}

interface HoldRule extends Rule {
  readonly pass: Promise<void>;
  readonly release: () => void;
  readonly arrive: (request: ReceivedRequest) => void;
  waiting: number;
}

/** The planned faults and holds. Faults strike in the order in which they were planned, holds before faults. */
export class FaultPlan {
  #faults: FaultRule[] = [];
  #holds: HoldRule[] = [];

  fail(endpoint: string, fault: Fault, { at, times = 1, matching }: FaultOptions): PlannedFault {
    const spoils = fault.kind === 'drip' || fault.kind === 'break off' || fault.kind === 'edit';
    const stage = at ?? (spoils ? 'after' : 'before');
    if (spoils && stage !== 'after')
      throw new Error(`There is no answer to ${fault.kind} before the fake X has acted.`);
    if (stage === 'unread' && matching !== undefined) throw new Error('What is unread can’t be matched.');
    const rule: FaultRule = { endpoint, stage, fault, left: times, hits: 0, matching: matching ?? (() => true) };
    this.#faults.push(rule);
    return {
      get hits() {
        return rule.hits;
      },
      clear: () => {
        rule.left = 0;
      },
    };
  }

  hold(endpoint: string, { at = 'before', matching }: Omit<FaultOptions, 'times'>): Hold {
    let release!: () => void;
    const pass = new Promise<void>((resolve) => {
      release = resolve;
    });
    let arrive!: (request: ReceivedRequest) => void;
    const arrived = new Promise<ReceivedRequest>((resolve) => {
      arrive = resolve;
    });
    const rule: HoldRule = {
      endpoint,
      stage: at,
      matching: matching ?? (() => true),
      pass,
      release,
      arrive,
      waiting: 0,
    };
    this.#holds.push(rule);
    return {
      arrived,
      get waiting() {
        return rule.waiting;
      },
      release: () => {
        this.#holds = this.#holds.filter((other) => other !== rule);
        rule.release();
      },
    };
  }

  /** Forgets every fault and releases every hold. */
  clear(): void {
    this.#faults = [];
    for (const { release } of this.#holds) release();
    this.#holds = [];
  }

  /** Waits until no hold of this stage applies, and resolves with the fault that strikes, if any. */
  async strike(stage: FaultStage, request: Incoming): Promise<Fault | undefined> {
    for (const rule of this.#holds.filter((candidate) => applies(candidate, stage, request))) {
      rule.waiting++;
      request.outcome = { ...request.outcome, state: 'held' };
      rule.arrive(request);
      await rule.pass;
      rule.waiting--;
      request.outcome = { ...request.outcome, state: 'waiting' };
    }
    const rule = this.#faults.find((candidate) => candidate.left > 0 && applies(candidate, stage, request));
    if (rule === undefined) return undefined;
    rule.left--;
    rule.hits++;
    request.outcome = { ...request.outcome, fault: rule.fault.kind };
    return rule.fault;
  }
}

function applies(rule: Rule, stage: FaultStage, request: ReceivedRequest): boolean {
  return rule.stage === stage && wentTo(rule.endpoint, request) && rule.matching(request);
}
