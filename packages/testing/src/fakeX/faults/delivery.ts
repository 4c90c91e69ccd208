import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../server/answer.ts';
import type { Fault } from './faults.ts';

const CHUNK = ' '.repeat(64 * 1024);

/** Sends an answer, or what a fault makes of it. */
export async function deliver(
  response: ServerResponse,
  answer: Answer | undefined,
  fault: Fault | undefined,
): Promise<void> {
  switch (fault?.kind) {
    case undefined:
      if (answer !== undefined) whole(response, answer);
      break;
    case 'answer':
      whole(response, fault.answer);
      break;
    case 'edit':
      if (answer !== undefined) whole(response, fault.edit(answer));
      break;
    case 'reset':
      response.socket?.resetAndDestroy();
      break;
    case 'silence':
      break;
    case 'break off':
      if (answer !== undefined) await half(response, answer);
      break;
    case 'drip':
      if (answer !== undefined) await drip(response, answer, fault.everyMs);
      break;
    case 'huge':
      await huge(response, fault.bytes);
  }
}

function whole(response: ServerResponse, answer: Answer): void {
  begin(response, answer);
  response.end(answer.body);
}

async function half(response: ServerResponse, answer: Answer): Promise<void> {
  begin(response, answer);
  await new Promise((sent) => {
    response.write(answer.body.slice(0, Math.ceil(answer.body.length / 2)), sent);
  });
  response.socket?.destroySoon();
}

async function drip(response: ServerResponse, answer: Answer, everyMs: number): Promise<void> {
  begin(response, answer);
  for (const byte of Buffer.from(answer.body)) {
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
    await sleep(everyMs, undefined, { ref: false });
  }
  response.end();
}

async function huge(response: ServerResponse, bytes: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  try {
    await pipeline(Readable.from(chunks(bytes)), response);
  } catch {
    // The client has disconnected.
  }
}

function* chunks(bytes: number): Generator<string> {
  for (let left = bytes; left > 0; left -= CHUNK.length) yield CHUNK.slice(0, left);
}

function begin(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { 'content-length': String(Buffer.byteLength(body)), ...headers });
}
