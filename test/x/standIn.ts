import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type App, NATIVE_APP, WEB_APP } from './app.ts';
import { clickThrough, type Consent, textOf } from './consent.ts';
import { deliver } from './delivery.ts';
import { type FaultOptions, FaultPlan, type Hold, type Planned } from './faultPlan.ts';
import type { Fault } from './faults.ts';
import type { Grants } from './grants.ts';
import { Listener } from './listener.ts';
import { ADA, GRACE, KATHERINE, type Person } from './person.ts';
import { readBody, receive, type Received } from './received.ts';
import { RequestLog } from './requestLog.ts';
import { act } from './routes.ts';
import type { Switches } from './switches.ts';
import { World } from './world.ts';

export interface StandInOptions {
  /** The clock that lifetimes, rate limits and timestamps go by, in epoch milliseconds. */
  readonly now?: () => number;
  /** 0, the default, takes any free one. */
  readonly port?: number;
  readonly apps?: readonly App[];
  readonly people?: readonly Person[];
  /** How long every request is on its way, in milliseconds. */
  readonly latencyMs?: number;
  /** Called when a request is done with, whatever became of it. */
  readonly onRequest?: (request: Received) => void;
}

/** Starts a server on 127.0.0.1 that does what X does, as far as docs/what-x-does.md knows. */
export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const { now = Date.now, port = 0, apps = [NATIVE_APP, WEB_APP], people = [ADA, GRACE, KATHERINE] } = options;
  const standIn = new StandIn(new World(now, apps, people), options.onRequest, options.latencyMs);
  await standIn.comeBack(port);
  return standIn;
}

export class StandIn {
  readonly #world: World;
  readonly #onRequest: ((request: Received) => void) | undefined;
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

  constructor(world: World, onRequest: ((request: Received) => void) | undefined, latencyMs = 0) {
    this.#world = world;
    this.#onRequest = onRequest;
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
    return this.#world.apps;
  }

  get people(): readonly Person[] {
    return this.#world.people;
  }

  get switches(): Switches {
    return this.#world.switches;
  }

  /** Every token, code and verifier ever issued; search files and logs for them. */
  get secrets(): ReadonlySet<string> {
    return this.#world.secrets.issued;
  }

  /** What X remembers: `isLive(token)`, `grantOf(accessToken)`, `renewable`. */
  get grants(): Pick<Grants, 'isLive' | 'grantOf' | 'renewable' | 'expireAccessTokens'> {
    return this.#world.grants;
  }

  /** All that was sent, in the order it came. */
  get requests(): readonly Received[] {
    return this.#log.requests;
  }

  /** The requests to an endpoint: `/2/users/me`, `/2/tweets/:id`, `POST /2/tweets`. */
  requestsTo(endpoint: string): readonly Received[] {
    return this.#log.to(endpoint);
  }

  /** Resolves with the endpoint's `count`-th request ever, as soon as its body has been read. */
  arrival(endpoint: string, count = 1): Promise<Received> {
    return this.#log.arrival(endpoint, count);
  }

  /** Plans that a request to `endpoint` goes wrong: the next one, unless `times` says otherwise. */
  fail(endpoint: string, fault: Fault, options: FaultOptions = {}): Planned {
    return this.#plan.fail(endpoint, fault, options);
  }

  /** Makes requests to `endpoint` wait until they are released, so that a test can act in mid-request. */
  hold(endpoint: string, options: Omit<FaultOptions, 'times'> = {}): Hold {
    return this.#plan.hold(endpoint, options);
  }

  clearFaults(): void {
    this.#plan.clear();
  }

  /** Opens the page, chooses who is signed in, and clicks. Returns where X sends the browser; throws X's error page. */
  async consent(authorizeUrl: string, consent: Consent): Promise<string> {
    const { location, body } = await clickThrough(authorizeUrl, consent);
    if (location === undefined) throw new Error(textOf(body));
    return location;
  }

  /** {@link consent} to `oauth_callback=oob`: returns the PIN that the page shows. */
  async consentWithPin(authorizeUrl: string, as: string): Promise<string> {
    const { body } = await clickThrough(authorizeUrl, { as, decision: 'authorize' });
    const pin = /<code id="pin">(\d+)<\/code>/.exec(body)?.[1];
    if (pin === undefined) throw new Error(textOf(body));
    return pin;
  }

  /** Removes an app as its user would on X's connected-apps page: everything it got from them is dead. */
  disconnect(person: string, clientId?: string): void {
    this.#world.grants.disconnect(person, clientId);
    this.#world.oauth1.disconnect(person, this.#world.app(clientId)?.apiKey);
  }

  /** Changes an app's settings, as its developer would in X's portal. */
  changeApp(clientId: string, settings: Partial<Omit<App, 'clientId'>>): App {
    return this.#world.changeApp(clientId, settings);
  }

  /** Changes what X knows about a person, such as their username. */
  changePerson(key: string, profile: Partial<Omit<Person, 'key'>>): void {
    this.#world.changePerson(key, profile);
  }

  /** Refuses all connections from now on; X itself forgets nothing. */
  goOffline(): Promise<void> {
    return this.#listener.close();
  }

  /** Listens again, on the port it had. */
  comeBack(port = this.port): Promise<void> {
    return this.#listener.open(port);
  }

  /** Throws what went wrong in the stand-in itself, if anything did. */
  async stop(): Promise<void> {
    this.#plan.clear();
    await this.goOffline();
    if (this.#failures.length > 0) throw new AggregateError(this.#failures.splice(0), 'The stand-in for X failed.');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = receive(message, this.#world.now());
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
      answer = act(request, this.#world);
      request.outcome = { ...request.outcome, acted: true };
      fault = await this.#plan.strike('after', request);
    }
    await deliver(response, answer, fault);
  }
}
