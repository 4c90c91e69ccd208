/**
 * What other extensions get of X Authentication: copy this file into yours.
 * https://code.visualstudio.com/api/references/vscode-api#Extension.exports
 *
 *     const x = vscode.extensions.getExtension<XAuthentication>('xauth.x-authentication');
 *     const api = (await x?.activate())?.getApi(1);
 */
import type { AuthenticationSession } from 'vscode';

/** The three providers, for `vscode.authentication.getSession`. */
export type XProviderId =
  /**
   * OAuth 2.0, for a person, with scopes. `accessToken` is a bearer token, which can do all that the account's grant for that app
   * allows, now and later, whatever scopes the session lists. `X_CLIENT_ID:<id>` among the scopes keeps your extension apart.
   */
  | 'x'
  /** OAuth 1.0a, for a person. `accessToken` is JSON: {@link XOAuth1Credentials}. */
  | 'x-oauth1'
  /** The app itself. `accessToken` is its bearer token, to be used as it is. */
  | 'x-app';

/**
 * The `accessToken` of a session of `x-oauth1`, parsed; the names are those of RFC 5849. It includes the API Key and Secret of the
 * person's app, which outlive the session: keep them as carefully as the token, and never send them elsewhere.
 */
export interface XOAuth1Credentials {
  readonly oauth_consumer_key: string;
  readonly oauth_consumer_secret: string;
  readonly oauth_token: string;
  readonly oauth_token_secret: string;
}

/** What `activate()` of X Authentication returns. */
export interface XAuthentication {
  /** Throws an error with the name `UnsupportedVersion` when this X Authentication does not have that version. */
  getApi(version: 1): XApi;
}

/** Version 1. Later versions of X Authentication keep it; what it is given it may give to X's API, and to nobody else. */
export interface XApi {
  /** Where X's API is: `https://api.x.com`, unless a person moved it, without a slash at the end. For SDKs that take a base URL. */
  readonly apiBaseUrl: string;

  /**
   * The value of the `Authorization` header of a request: a bearer token, or a signature of OAuth 1.0a, which is good for
   * this request alone and for some minutes. Uses no network and renews nothing.
   *
   * Rejects with an error whose name is an {@link XApiErrorName}.
   */
  authorization(session: AuthenticationSession, request: XRequest): Promise<string>;

  /**
   * `fetch` of the extension host with the `Authorization` header added. Answers 401 to a session of `x` have it renewed once, unless
   * its token is less than five minutes old; the request is then sent again if its method is idempotent (RFC 9110 §9.2.2) and its
   * body is not a stream. Redirects are not followed, and there is no timeout but that of your `signal`, which also ends the
   * waiting for a renewal. Of `init` and of a `Request`, method, URL, headers, body and signal count, and nothing else.
   *
   * `input` may be a path, such as `/2/users/me`: it is added to {@link apiBaseUrl}. Requests go to the API that the session is of: to
   * any host of X's API, or, where a person moved it, to what is below {@link apiBaseUrl}.
   *
   * Resolves with whatever X answers at last, a 401 too. Rejects with an error whose name is an {@link XApiErrorName}, with the
   * reason of your `signal`, or with the `TypeError` of a `Request` that can't be.
   */
  fetch(session: AuthenticationSession, input: string | URL | Request, init?: RequestInit): Promise<Response>;

  /** What X says about its rate limit in an answer; undefined when it says nothing. */
  rateLimit(response: { readonly headers: Headers }): XRateLimit | undefined;
}

/** As much of a request as OAuth 1.0a signs. */
export interface XRequest {
  /** `GET` unless given. */
  readonly method?: string;
  /** With its query, exactly as it will be sent. A path is added to {@link XApi.apiBaseUrl}. */
  readonly url: string | URL;
  /** The body, if it is `application/x-www-form-urlencoded`. No other body is signed. */
  readonly form?: URLSearchParams | Readonly<Record<string, string>>;
}

/** How often an endpoint may still be asked with this session. */
export interface XRateLimit {
  readonly limit: number;
  readonly remaining: number;
  /** When `remaining` is `limit` again, in epoch milliseconds. */
  readonly resetAt: number;
}

/** The `name` of an error that {@link XApi} rejects with. `instanceof` does not work between extensions. */
export type XApiErrorName =
  /** This is not a session that X Authentication has given to an extension in this window, or it is an old one: ask `getSession` for another. */
  | 'ForeignSession'
  /** It was one, but the person has signed out, or has moved the API: ask `getSession` for another. */
  | 'SessionEnded'
  /** The request would take credentials elsewhere than to X's API. */
  | 'ForbiddenDestination'
  /** `getApi` was asked for a version that is not there. */
  | 'UnsupportedVersion'
  /** X could not be reached. */
  | 'Unreachable'
  /** A setting of X Authentication has to be mended first. */
  | 'Misconfigured'
  /** A mistake in X Authentication, or secret storage does not answer. */
  | 'Unexpected';

/** The `name` of an error that `getSession` rejects with when X Authentication, and not VS Code, has failed. */
export type XSignInErrorName =
  /** The person, or a newer sign-in, ended this one. */
  | 'Cancelled'
  /** The person said no, at X or to sharing more with other extensions, X would not ask them, or X did not grant all scopes. */
  | 'Denied'
  /** Nothing came back from the browser for five minutes. */
  | 'TimedOut'
  /** A setting, the app at X, its secret or the machine's clock has to be mended first; or your scopes are malformed. */
  | 'Misconfigured'
  /** X could not be reached, or something else answered in its place. */
  | 'Unreachable'
  /** X refused for another reason. */
  | 'Refused'
  /** A mistake in X Authentication, or secret storage does not answer. */
  | 'Unexpected';
