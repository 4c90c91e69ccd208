import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import type { CodeServer } from '../host/codeServer.ts';
import { freePort } from '../host/freePort.ts';
import { writeSettings } from '../host/settings.ts';
import { NATIVE_APP, type FakeX, startFakeX, WEB_APP } from 'x-authentication-testing';
import { EditorWindow } from './editorWindow.ts';
import { sharedEditor } from './sharedEditor.ts';

const running = new Set<Story>();

/**
 * A story has a browser that nobody has used, so that no secret is in it, a fake X that knows nobody, and a free
 * loopback port. The user settings point at them and name the fake X's public app; `settings` come on top, as do the callback
 * URLs that are registered for its apps.
 */
export async function startStory(
  settings: Readonly<Record<string, unknown>> = {},
  callbackUrls: readonly string[] = [],
): Promise<Story> {
  const { server, browser } = await sharedEditor();
  const loopbackPort = await freePort();
  const redirectUris = [server.callbackUrl(loopbackPort), ...callbackUrls];
  const x = await startFakeX({ apps: [NATIVE_APP, WEB_APP].map((app) => ({ ...app, redirectUris })) });
  const context = await browser.newContext({ viewport: { width: 1200, height: 760 } });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(server.url).origin });
  const story = new Story(x, server, context, loopbackPort);
  running.add(story);
  await story.changeSettings({
    'xAuthentication.clientId': NATIVE_APP.clientId,
    'xAuthentication.apiBaseUrl': x.apiBaseUrl,
    'xAuthentication.authorizationBaseUrl': x.authorizationBaseUrl,
    'xAuthentication.loopbackPort': loopbackPort,
    ...settings,
  });
  return story;
}

export class Story {
  readonly x: FakeX;
  readonly server: CodeServer;
  readonly browser: BrowserContext;
  readonly loopbackPort: number;
  #settings: Readonly<Record<string, unknown>> = {};

  constructor(x: FakeX, server: CodeServer, browser: BrowserContext, loopbackPort: number) {
    this.x = x;
    this.server = server;
    this.browser = browser;
    this.loopbackPort = loopbackPort;
  }

  /** Opens VS Code. Windows of one story share secrets, as tabs of one browser do. */
  async openWindow(): Promise<EditorWindow> {
    const window = new EditorWindow(await this.browser.newPage());
    await window.page.goto(this.server.url);
    await window.isUp();
    return window;
  }

  /** Writes user settings; `undefined` takes one away. Windows that are opened or reloaded afterwards have them. */
  async changeSettings(settings: Readonly<Record<string, unknown>>): Promise<void> {
    this.#settings = { ...this.#settings, ...settings };
    await writeSettings(join(this.server.home, 'data'), this.#settings);
  }

  /** The hooks do this after each test. */
  async end(): Promise<void> {
    running.delete(this);
    await this.browser.close();
    await this.x.stop();
  }
}

/** The hooks take pictures of those that failed, and end them. */
export function runningStories(): readonly Story[] {
  return [...running];
}
