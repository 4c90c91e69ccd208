import { parseJson } from '../../common/json.ts';
import * as v from 'valibot';
import type { Client } from '../../oauth/clientAuthentication.ts';
import type { Secrets } from './grantRecords.ts';

const ClientRecord = v.object({ version: v.literal(1), clientSecret: v.pipe(v.string(), v.nonEmpty()) });

/** An app at the server that knows it: another server is not told its secret. */
export interface App {
  readonly apiBaseUrl: string;
  readonly clientId: string;
}

const keyOf = ({ apiBaseUrl, clientId }: App): string => `client:${apiBaseUrl} ${clientId}`;

/** The secrets of confidential apps, in SecretStorage, one record per server and client id. */
export class ClientSecrets {
  readonly #secrets: Secrets;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
  }

  /** The app with its secret, if it has one. A record that can't be read counts as none: X then says that a secret is missing, which names the fix. */
  async get(app: App): Promise<Client> {
    const { clientId } = app;
    const stored = await this.#secrets.get(keyOf(app));
    const record = parseJson(ClientRecord, stored);
    return record === undefined ? { clientId } : { clientId, clientSecret: record.clientSecret };
  }

  /** Keeps or, given undefined, forgets an app's secret. White space around it is never part of it: X's console copies a newline along. */
  async setSecret(app: App, clientSecret: string | undefined): Promise<void> {
    const trimmed = clientSecret?.trim();
    if (trimmed === undefined || trimmed === '') await this.#secrets.delete(keyOf(app));
    else await this.#secrets.store(keyOf(app), JSON.stringify({ version: 1, clientSecret: trimmed }));
  }
}
