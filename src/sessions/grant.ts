import * as v from 'valibot';
import { SCOPE } from '../oauth/characters.ts';
import { plainWords } from '../oauth/errors.ts';
import type { Consumer, Token } from '../oauth/oauth1Signature.ts';
import { ImageUrl } from '../x/users.ts';
import { writeOAuth1Credentials } from './store/oauth1Credentials.ts';

/** Whose grant it is. `id` is X's user id, `label` is what VS Code keys permissions by: nobody else ever gets it (labels.ts). */
export interface Account {
  readonly id: string;
  readonly label: string;
  /** Their picture at X, if it is known. */
  readonly imageUrl?: string | undefined;
}

/** What there is to say of a grant, whatever gives access. */
export interface GrantBase {
  /** The id of every session that is a view of this grant; survives refreshes and wider consents. */
  readonly id: string;
  /** Where it came from: nowhere else are its tokens and its app's secret ever sent, whatever the settings say by then. */
  readonly apiBaseUrl: string;
  /** The X app that it belongs to: its client id, its API key, or for a bearer token alone a hash of that. */
  readonly clientId: string;
  readonly account: Account;
  /** As X granted them. Of what knows no scopes: `read` where it may only read, and none where it may do all that the app may. */
  readonly scopes: readonly string[];
  /** When X gave it, in epoch milliseconds by this machine's clock: when a sign-in's answer came, or a refresh was sent. */
  readonly obtainedAt: number;
  /** Of the sign-in that it came from: random, and the same through all refreshes. */
  readonly signInId: string;
  /** Which of the sign-ins to the app that was, counted where it was made: X ends a person's grant when it gives them a later one. */
  readonly signInNumber: number;
  /** Counts the states of a grant, and goes on counting when another sign-in takes its place. */
  readonly generation: number;
}

/** What X gave for one client id and one X user, by OAuth 2.0. */
export interface OAuth2Grant extends GrantBase {
  readonly kind: 'oauth2';
  readonly accessToken: string;
  /** Works once. X gives none without `offline.access`. */
  readonly refreshToken: string | undefined;
  /** When the access token expires, by the clock of {@link obtainedAt}. */
  readonly expiresAt: number;
}

/** An access token of OAuth 1.0a, with the API key and secret that requests are signed with as well. It does not expire. */
export interface OAuth1Grant extends GrantBase {
  readonly kind: 'oauth1';
  readonly consumer: Consumer;
  readonly token: Token;
}

/** An app's own bearer token. It does not expire. */
export interface AppOnlyGrant extends GrantBase {
  readonly kind: 'app-only';
  readonly bearer: string;
}

interface GrantsByKind {
  readonly oauth2: OAuth2Grant;
  readonly oauth1: OAuth1Grant;
  readonly 'app-only': AppOnlyGrant;
}

export type GrantKind = keyof GrantsByKind;

export type GrantOf<Kind extends GrantKind> = GrantsByKind[Kind];

/** What X gave somebody, in one of three kinds of credential. */
export type Grant = GrantsByKind[GrantKind];

/** How long an access token lives where X does not say (docs/what-x-does.md, 2: two hours). */
export const DEFAULT_LIFETIME_MS = 2 * 60 * 60_000;

/** A token handed out has at least this long to live. */
export const LEAST_LIFETIME_MS = 10 * 60_000;

/** A stored record that can't be read. The message never quotes it. */
export class UnreadableRecordError extends Error {
  override readonly name = 'UnreadableRecordError';
  /** True for a record that a newer version of this extension wrote: it is left alone. */
  readonly newer: boolean;

  constructor(message: string, newer: boolean) {
    super(message);
    this.newer = newer;
  }
}

const VERSION = 1;

const text = v.pipe(v.string(), v.nonEmpty());
const time = v.pipe(v.number(), v.finite());

/** The name of an account, fit to be shown whoever wrote it. */
export const Label = v.pipe(
  text,
  v.transform((label) => plainWords(label)),
  v.nonEmpty(),
);

const base = {
  version: v.literal(VERSION),
  // Fit for a line of the log.
  id: v.pipe(
    text,
    v.check((id) => plainWords(id) === id),
  ),
  apiBaseUrl: v.pipe(text, v.url()),
  clientId: text,
  account: v.object({ id: text, label: Label, imageUrl: ImageUrl }),
  scopes: v.pipe(
    v.array(text),
    v.transform((scopes) => scopes.filter((scope) => SCOPE.test(scope))),
  ),
  obtainedAt: time,
  signInId: text,
  signInNumber: v.pipe(v.number(), v.integer()),
  generation: v.pipe(v.number(), v.integer()),
};

const OAuth2Record = v.object({
  ...base,
  kind: v.literal('oauth2'),
  accessToken: text,
  refreshToken: v.optional(text),
  expiresAt: time,
});

const OAuth1Record = v.object({
  ...base,
  kind: v.literal('oauth1'),
  consumer: v.object({ key: text, secret: text }),
  token: v.object({ token: text, secret: text }),
});

const AppOnlyRecord = v.object({ ...base, kind: v.literal('app-only'), bearer: text });

const READERS: { readonly [Kind in GrantKind]: (value: unknown) => GrantOf<Kind> } = {
  oauth2(value) {
    const { version: _, refreshToken, ...rest } = parse(OAuth2Record, value);
    return { ...rest, refreshToken };
  },
  oauth1(value) {
    const { version: _, ...rest } = parse(OAuth1Record, value);
    return rest;
  },
  'app-only'(value) {
    const { version: _, ...rest } = parse(AppOnlyRecord, value);
    return rest;
  },
};

/** What is stored and handed over for a grant: versioned, small, JSON. */
export function toRecord(grant: Grant): object {
  return { version: VERSION, ...grant };
}

/**
 * Reads what {@link toRecord} made of a grant of this kind, from SecretStorage or from another window.
 *
 * @throws {UnreadableRecordError}
 */
export function fromRecord<Kind extends GrantKind>(kind: Kind, value: unknown): GrantOf<Kind> {
  return READERS[kind](value);
}

function parse<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const version = v.safeParse(v.object({ version: v.number() }), value);
  const newer = version.success && version.output.version > VERSION;
  throw new UnreadableRecordError(newer ? 'it was written by a newer version' : 'it is damaged', newer);
}

/** Stands for a token where there is none. */
export const NO_TOKEN = '-';

/** A grant without what gives access: what is kept of one that has ended. */
export function withoutTokens<G extends Grant>(grant: G): G {
  switch (grant.kind) {
    case 'oauth2':
      return { ...grant, accessToken: NO_TOKEN, refreshToken: undefined };
    case 'oauth1':
      return {
        ...grant,
        consumer: { key: NO_TOKEN, secret: NO_TOKEN },
        token: { token: NO_TOKEN, secret: NO_TOKEN },
      };
    case 'app-only':
      return { ...grant, bearer: NO_TOKEN };
  }
}

/** Whether two grants are the same state of the same grant. */
export function sameState(a: Grant, b: Grant): boolean {
  return (
    a.signInId === b.signInId &&
    a.generation === b.generation &&
    a.account.id === b.account.id &&
    tokenOf(a) === tokenOf(b) &&
    refreshTokenOf(a) === refreshTokenOf(b)
  );
}

function refreshTokenOf(grant: Grant): string | undefined {
  return grant.kind === 'oauth2' ? grant.refreshToken : undefined;
}

/** What the sessions of a grant hand out as their access token: of OAuth 1.0a, all that is needed to sign. */
export function tokenOf(grant: Grant): string {
  switch (grant.kind) {
    case 'oauth2':
      return grant.accessToken;
    case 'oauth1':
      return writeOAuth1Credentials(grant.consumer, grant.token);
    case 'app-only':
      return grant.bearer;
  }
}

/**
 * Whether the access token should be refreshed before it is handed out. One that seems to live longer than X gave it was
 * obtained before the clock went back, so its end is not known: it is refreshed as well.
 */
export function isDue(grant: OAuth2Grant, now: number, leastMs = LEAST_LIFETIME_MS): boolean {
  return now > dueAt(grant, leastMs) || now < grant.obtainedAt;
}

/** From when on the access token should be refreshed before it is handed out. */
export function dueAt(grant: OAuth2Grant, leastMs = LEAST_LIFETIME_MS): number {
  // A token that X gave for a shorter time than that would be refreshed at every call.
  return grant.expiresAt - Math.min(leastMs, (grant.expiresAt - grant.obtainedAt) / 2);
}

/** A token that is younger is not refreshed because somebody asks for it. */
export const YOUNG_MS = 5 * 60_000;

/** Whether the access token is so new that another would not be better. One from the future was obtained before the clock went back. */
export function isYoung(grant: OAuth2Grant, now: number): boolean {
  const age = now - grant.obtainedAt;
  return age >= 0 && age < YOUNG_MS;
}

/** Whether the access token has ended, as far as this machine's clock can tell. */
export function isExpired(grant: OAuth2Grant, now: number): boolean {
  return grant.expiresAt <= now;
}

/** A grant whose person X would not name when it was given is kept under such an id until it does. */
const PROVISIONAL = 'unnamed-';

export function provisionalAccount(grantId: string, label: string): Account {
  return { id: `${PROVISIONAL}${grantId}`, label };
}

export function isProvisional(account: Account): boolean {
  return account.id.startsWith(PROVISIONAL);
}
