import type { Browser } from 'playwright-core';
import { LANGUAGES } from '../../scripts/l10n.ts';
import { launchChromium } from '../host/chromium.ts';
import { type CodeServer, startCodeServer } from '../host/codeServer.ts';
import { packageExtensions } from './packages.ts';

/** What all stories share, because it takes long to come up: VS Code with both extensions installed, and a browser. */
export interface Stage {
  readonly server: CodeServer;
  readonly browser: Browser;
}

let stage: Promise<Stage> | undefined;

export async function theStage(): Promise<Stage> {
  stage ??= setUp();
  return stage;
}

async function setUp(): Promise<Stage> {
  const vsixFiles = await packageExtensions();
  return { server: await startCodeServer({ vsixFiles, languages: LANGUAGES }), browser: await launchChromium() };
}

export async function strikeStage(): Promise<void> {
  if (stage === undefined) return;
  const { server, browser } = await stage;
  await browser.close();
  await server.remove();
}
