import { authentication } from 'vscode';
import type { Tasks } from '../tasks.ts';

/** Asks for the accounts, as often as told; the first time the extension has to start and to read them. */
export async function listAccounts({ rounds }: Tasks['listing']['asks']): Promise<Tasks['listing']['answers']> {
  const times: number[] = [];
  let accounts = 0;
  for (let round = 0; round <= rounds; round++) {
    const startedAt = performance.now();
    accounts = (await authentication.getAccounts('x')).length;
    times.push(performance.now() - startedAt);
  }
  const [firstMs = Number.NaN, ...laterMs] = times;
  return { accounts, firstMs, laterMs };
}
