import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** VS Code without what is not about signing in: tips, updates, telemetry, AI. */
const QUIET = {
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': 'off',
  'extensions.ignoreRecommendations': true,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'git.enabled': false,
  'security.workspace.trust.enabled': false,
};

/** Writes the user settings of a user data folder: {@link QUIET} and these. Without these, settings that are there stay. */
export async function writeSettings(userData: string, settings?: Readonly<Record<string, unknown>>): Promise<void> {
  const file = join(userData, 'User', 'settings.json');
  if (settings === undefined && existsSync(file)) return;
  await mkdir(join(userData, 'User'), { recursive: true });
  await writeFile(file, JSON.stringify({ ...QUIET, ...settings }, null, 2));
}
