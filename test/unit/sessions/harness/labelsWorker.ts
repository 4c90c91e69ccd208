// A window, as a process of its own, for labels.test.ts: claims one label again and again.
import { Labels } from '../../../../src/sessions/labels.ts';

const [folder = '', app = ''] = process.argv.slice(2);
const ignore = (): void => undefined;
const labels = new Labels({
  folder,
  providerId: 'x',
  grantsAt: async () => [],
  log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
});

process.on('message', (round: number) => void claim(round));
process.send?.('ready');

async function claim(round: number): Promise<void> {
  const owner = { apiBaseUrl: 'https://api.x.com', app, accountId: '42' };
  process.send?.(await labels.claim([`first ${round}`, `second ${round}`, `third ${round}`], owner));
}
