import { type App, register } from './app.ts';
import { AppBearers } from './oauth2/appBearers.ts';
import { Grants } from './oauth2/grants.ts';
import { OAuth1Tokens } from './oauth1/tokens.ts';
import type { Person } from './person.ts';
import { RateLimits } from './api/rateLimits.ts';
import type { Secrets } from './secrets.ts';
import { defaultSwitches, type Switches } from './switches.ts';

export interface Post {
  readonly id: string;
  readonly text: string;
  /** The `key` of the person. */
  readonly author: string;
}

/** Everything that the fake X remembers, independent of HTTP. */
export class FakeXState {
  readonly now: () => number;
  readonly secrets: Secrets;
  readonly switches: Switches = defaultSwitches();
  readonly grants: Grants;
  readonly oauth1: OAuth1Tokens;
  readonly appBearers: AppBearers;
  readonly rateLimits: RateLimits;
  readonly posts: Post[] = [];
  /** Consent forms that were shown but not submitted yet, by ticket. */
  readonly tickets = new Map<string, string>();
  #apps: readonly App[];
  #people: readonly Person[];

  constructor(now: () => number, apps: readonly App[], people: readonly Person[], secrets: Secrets) {
    this.now = now;
    this.secrets = secrets;
    this.#apps = apps.map(register);
    this.#people = people;
    this.grants = new Grants(now, secrets, this.switches);
    this.oauth1 = new OAuth1Tokens(secrets);
    this.appBearers = new AppBearers(secrets);
    this.rateLimits = new RateLimits(now);
  }

  get apps(): readonly App[] {
    return this.#apps;
  }

  get people(): readonly Person[] {
    return this.#people;
  }

  app(clientId: string | undefined): App | undefined {
    return this.#apps.find((app) => app.clientId === clientId);
  }

  appByApiKey(apiKey: string | undefined): App | undefined {
    return this.#apps.find((app) => app.apiKey === apiKey);
  }

  person(key: string | undefined): Person | undefined {
    return this.#people.find((person) => person.key === key);
  }

  /** Changes an app's settings. A confidential app that becomes public loses its secret. */
  changeApp(clientId: string, settings: Partial<Omit<App, 'clientId'>>): App {
    const app = this.app(clientId);
    if (app === undefined) throw new Error(`There is no app ${clientId}.`);
    const { clientSecret, ...rest } = { ...app, ...settings };
    const secret = rest.kind === 'confidential' && clientSecret !== undefined ? { clientSecret } : {};
    const changed = register({ ...rest, ...secret });
    this.#apps = this.#apps.map((other) => (other === app ? changed : other));
    return changed;
  }

  changePerson(key: string, profile: Partial<Omit<Person, 'key'>>): void {
    if (this.person(key) === undefined) throw new Error(`There is nobody called ${key}.`);
    this.#people = this.#people.map((person) => (person.key === key ? { ...person, ...profile } : person));
  }
}
