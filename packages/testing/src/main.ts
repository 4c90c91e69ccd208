#!/usr/bin/env node
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { NATIVE_APP, WEB_APP } from './fakeX/app.ts';
import { FAULT_NAMES, runCommand, COMMANDS } from './fakeX/commands.ts';
import { startFakeX } from './fakeX/fakeX.ts';

const HELP = `Runs a fake X on this machine, to try things out without an X account.

  fake-x [--port PORT] [--callback URL]… [--consent PERSON]

  --port PORT      listen on this port of 127.0.0.1; any free one by default
  --callback URL   register this callback in place of the usual ones; ten at most
  --consent PERSON answer consent pages automatically, as ada, grace or katherine

While it runs, you can type:
${COMMANDS}
A FAULT is one of: ${FAULT_NAMES}
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    callback: { type: 'string', multiple: true },
    consent: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) {
  console.log(HELP);
} else {
  run(Number(values.port), values.callback).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}

async function run(port: number, redirectUris = NATIVE_APP.redirectUris): Promise<void> {
  const x = await startFakeX({
    port,
    apps: [NATIVE_APP, WEB_APP].map((app) => ({ ...app, redirectUris })),
    onRequest: ({ method, path, outcome: { status, state } }) => console.log(`${method} ${path} → ${status ?? state}`),
  });
  const settings = {
    'xAuthentication.clientId': NATIVE_APP.clientId,
    'xAuthentication.apiBaseUrl': x.apiBaseUrl,
    'xAuthentication.authorizationBaseUrl': x.authorizationBaseUrl,
  };
  console.log(`The fake X listens on ${x.apiBaseUrl}\n\nVS Code settings:\n${JSON.stringify(settings, null, 2)}`);
  for (const { name, kind, clientId, clientSecret, apiKey, apiSecret } of x.apps) {
    console.log(`\n${name} (${kind})\n  client id      ${clientId}`);
    if (clientSecret !== undefined) console.log(`  client secret  ${clientSecret}`);
    console.log(`  API key        ${apiKey}\n  API secret     ${apiSecret}`);
  }
  console.log(`\nRegistered callbacks, to be matched exactly:\n${redirectUris.map((uri) => `  ${uri}`).join('\n')}`);
  console.log(`\nPeople: ${x.people.map(({ name, username }) => `${name} (@${username})`).join(', ')}\n`);
  let done = Promise.resolve();
  const typed = createInterface(process.stdin).on('line', (line) => {
    done = done.then(async () => console.log(await runCommand(x, line)));
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      typed.close();
      void x.stop();
    });
  }
  if (values.consent !== undefined) console.log(await runCommand(x, `consent ${values.consent}`));
}
