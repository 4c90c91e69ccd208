import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type App, NATIVE_APP, WEB_APP } from './app.ts';
import { clickThrough, type Consent } from './pages/clickThrough.ts';
import { deliver } from './faults/delivery.ts';
import { type FaultOptions, FaultPlan, type Hold, type PlannedFault } from './faults/faultPlan.ts';
import type { Fault } from './faults/faults.ts';
import type { Grants } from './oauth2/grants.ts';
import { Listener } from './server/listener.ts';
import { type SecretKind, Secrets } from './secrets.ts';
import type { Answer } from './server/answer.ts';
import { ADA, GRACE, KATHERINE, type Person } from './person.ts';
import { readBody, receive, type ReceivedRequest } from './server/received.ts';
import { RequestLog } from './server/requestLog.ts';
import { respond } from './server/routes.ts';
import type { Switches } from './switches.ts';
import { FakeXState } from './state.ts';

export interface FakeXOptions {
  /** The clock for lifetimes, rate limits and timestamps, in epoch milliseconds. */
  readonly now?: () => number;
  /** 0, the default, picks a free one. */
  readonly port?: number;
  readonly apps?: readonly App[];
  readonly people?: readonly Person[];
  /** How long every request takes to arrive, in milliseconds. */
  readonly latencyMs?: number;
  /** Called when a request is over, whatever became of it. */
  readonly onRequest?: (request: ReceivedRequest) => void;
  /** Creates tokens and codes, by default random ones. */
  readonly mintSecret?: (kind: SecretKind) => string;
}

/** Starts a fake X on 127.0.0.1. */
export async function startFakeX(options: FakeXOptions = {}): Promise<FakeX> {
  const x = new FakeX(options);
  await x.goOnline(options.port);
  return x;
}

/** A server that does what X does, as far as docs/what-x-does.md knows. It listens once {@link goOnline} is called. */
export class FakeX {
  readonly #state: FakeXState;
  readonly #onRequest: ((request: ReceivedRequest) => void) | undefined;
  readonly #latencyMs: number;
  readonly #plan = new FaultPlan();
  readonly #log = new RequestLog();
  readonly #failures: unknown[] = [];
  readonly #listener = new Listener((message, response) => {
    this.#serve(message, response).catch((error: unknown) => {
      this.#failures.push(error);
      response.destroy();
    });
  });

  constructor(options: Omit<FakeXOptions, 'port'> = {}) {
    const { now = Date.now, apps = [NATIVE_APP, WEB_APP], people = [ADA, GRACE, KATHERINE], latencyMs = 0 } = options;
    this.#state = new FakeXState(now, apps, people, new Secrets(options.mintSecret));
    this.#onRequest = options.onRequest;
    this.#latencyMs = latencyMs;
  }

  get port(): number {
    return this.#listener.port;
  }

  /** The setting `xAuthentication.apiBaseUrl`. */
  get apiBaseUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The setting `xAuthentication.authorizationBaseUrl`. Browsers know that `*.localhost` is this machine. */
  get authorizationBaseUrl(): string {
    return `http://x.localhost:${this.port}/i`;
  }

  get apps(): readonly App[] {
    return this.#state.apps;
  }

  get people(): readonly Person[] {
    return this.#state.people;
  }

  /** What a test can change about X: `x.switches.reuseKillsFamily = true`. */
  get switches(): Switches {
    return this.#state.switches;
  }

  /** Every token, code and verifier ever issued, to search files and logs for. */
  get secrets(): ReadonlySet<string> {
    return this.#state.secrets.issued;
  }

  /** The OAuth 2.0 tokens that X has issued. */
  get grants(): Pick<Grants, 'isLive' | 'grantFor' | 'refreshable' | 'expireAccessTokens'> {
    return this.#state.grants;
  }

  /** Every request so far, in the order in which they came. */
  get requests(): readonly ReceivedRequest[] {
    return this.#log.requests;
  }

  /** The requests to an endpoint: `/2/users/me`, `/2/tweets/:id`, `POST /2/tweets`. */
  requestsTo(endpoint: string): readonly ReceivedRequest[] {
    return this.#log.to(endpoint);
  }

  /** Resolves with the endpoint's `count`-th request, as soon as its body has been read. */
  arrival(endpoint: string, count = 1): Promise<ReceivedRequest> {
    return this.#log.arrival(endpoint, count);
  }

  /** Makes requests to `endpoint` fail: the next one, unless `times` says otherwise. */
  fail(endpoint: string, fault: Fault, options: FaultOptions = {}): PlannedFault {
    return this.#plan.fail(endpoint, fault, options);
  }

  /** Holds requests to `endpoint` until they are released, so that a test can act in mid-request. */
  hold(endpoint: string, options: Omit<FaultOptions, 'times'> = {}): Hold {
    return this.#plan.hold(endpoint, options);
  }

  /** Answers a request in memory, without a server, faults or latency, and without recording it: for simulated networks. */
  respond(request: ReceivedRequest): Answer {
    return respond(request, this.#state);
  }

  /** Forgets every planned fault, and releases whatever is held. */
  clearFaults(): void {
    this.#plan.clear();
  }

  /** Does what a person does on the consent page. Resolves with the callback that X redirects to; rejects with the text of X's error page. */
  async consent(authorizeUrl: string, consent: Consent): Promise<string> {
    const { location, text } = await clickThrough(authorizeUrl, consent);
    if (location === undefined) throw new Error(text);
    return location;
  }

  /** {@link consent} for `oauth_callback=oob`: resolves with the PIN that the page shows. */
  async consentWithPin(authorizeUrl: string, as: string): Promise<string> {
    const { body, text } = await clickThrough(authorizeUrl, { as, decision: 'authorize' });
    const pin = /<code id="pin">(\d+)<\/code>/.exec(body)?.[1];
    if (pin === undefined) throw new Error(text);
    return pin;
  }

  /** Removes an app (without `clientId`, every app) as a person would on X's connected-apps page: all its tokens are dead. */
  disconnect(person: string, clientId?: string): void {
    this.#state.grants.disconnect(person, clientId);
    this.#state.oauth1.disconnect(person, this.#state.app(clientId)?.apiKey);
  }

  /** Changes an app's settings, as its developer would in the X developer console. */
  changeApp(clientId: string, settings: Partial<Omit<App, 'clientId'>>): App {
    return this.#state.changeApp(clientId, settings);
  }

  /** Changes what X knows about a person, such as their username. */
  changePerson(key: string, profile: Partial<Omit<Person, 'key'>>): void {
    this.#state.changePerson(key, profile);
  }

  /** Refuses all connections until {@link goOnline}. Nothing is forgotten. */
  goOffline(): Promise<void> {
    return this.#listener.close();
  }

  /** Listens, by default on the port that it had before. */
  goOnline(port = this.port): Promise<void> {
    return this.#listener.open(port);
  }

  /** Stops the server. Rejects if something went wrong in the fake X itself. */
  async stop(): Promise<void> {
    this.#plan.clear();
    await this.goOffline();
    if (this.#failures.length > 0) throw new AggregateError(this.#failures.splice(0), 'The fake X failed.');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = receive(message, this.#state.now());
    this.#log.requests.push(request);
    response.on('close', () => {
      const state = response.writableFinished ? 'answered' : 'lost';
      const seen = response.headersSent ? { status: response.statusCode } : {};
      request.outcome = { ...request.outcome, state, ...seen };
      this.#onRequest?.(request);
    });
    if (this.#latencyMs > 0) await pause(this.#latencyMs);
    let fault = await this.#plan.strike('unread', request);
    let answer;
    if (fault === undefined) {
      if (!(await readBody(message, request))) return;
      this.#log.announce(request);
      fault = await this.#plan.strike('before', request);
    }
    if (fault === undefined) {
      answer = respond(request, this.#state);
      request.outcome = { ...request.outcome, acted: true };
      fault = await this.#plan.strike('after', request);
    }
    await deliver(response, answer, fault);
  }
}
