import type { Browser } from 'playwright-core';
import { LANGUAGES } from '../host/l10n.ts';
import { launchChromium } from '../host/chromium.ts';
import { type CodeServer, startCodeServer } from '../host/codeServer.ts';
import { packageExtensions } from './packages.ts';

/** What all stories share, because it takes long to come up: VS Code with both extensions installed, and a browser. */
export interface SharedEditor {
  readonly server: CodeServer;
  readonly browser: Browser;
}

let editor: Promise<SharedEditor> | undefined;

export async function sharedEditor(): Promise<SharedEditor> {
  editor ??= setUp();
  return editor;
}

async function setUp(): Promise<SharedEditor> {
  const vsixFiles = await packageExtensions();
  return { server: await startCodeServer({ vsixFiles, languages: LANGUAGES }), browser: await launchChromium() };
}

export async function closeSharedEditor(): Promise<void> {
  if (editor === undefined) return;
  const { server, browser } = await editor;
  await browser.close();
  await server.remove();
}
