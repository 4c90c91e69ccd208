import assert from 'node:assert/strict';
import type { Measured } from '../../bench/measured.ts';
import { CONSTANT, GITHUB, X, type Activation } from '../../bench/tasks.ts';
import { judge } from '../../bench/verdicts.ts';

const activation = (extension: string, loadMs: number): Activation => ({
  extension,
  loadMs,
  activateMs: 1,
  heapBytes: 1,
  residentBytes: 1,
});

const GOOD: Measured = {
  activations: [[activation(X, 5), activation(GITHUB, 9), activation(CONSTANT, 1)]],
  warmMs: { x: [1.1, 1.1, 9], github: [1, 1, 1], constant: [1, 1, 1] },
  listings: [
    { accounts: 100, firstMs: 100, laterMs: [10] },
    { accounts: 1000, firstMs: 1500, laterMs: [150] },
  ],
  listingRequests: 0,
  expiries: {
    oneWindow: { callers: 1000, requests: [1, 1], served: [1000, 1000], ms: [1, 1] },
    eightWindows: { callers: 1000, requests: [1, 1], served: [1000, 1000], ms: [1, 1] },
  },
  signIn: { tokenRequests: 1, userRequests: 1, nearMs: [100], farMs: [700], latencyMs: 200 },
  bundle: { atActivation: 70 * 1024 - 1, all: 200 * 1024 },
  packageBytes: 200 * 1024 - 1,
  versions: { vscode: '1', chromium: '1' },
};

const missed = (worse: Partial<Measured>): string[] =>
  judge({ ...GOOD, ...worse })
    .filter(({ budget }) => budget?.isMet === false)
    .map(({ what }) => what);

describe('The verdicts of the bench', () => {
  it('are good at the very limits', () => {
    assert.deepEqual(missed({}), []);
  });

  it('miss an activation that takes more than 0.6 times GitHub’s', () => {
    const activations = [[activation(X, 5.1), activation(GITHUB, 9), activation(CONSTANT, 1)]];
    assert.deepEqual(missed({ activations }), ['activation']);
  });

  it('miss an activation that was not measured', () => {
    assert.deepEqual(missed({ activations: [] }), ['activation']);
  });

  it('miss a warm getSession of more than 1.1 times the constant', () => {
    assert.deepEqual(missed({ warmMs: { ...GOOD.warmMs, x: [1, 1.11, 1.11] } }), ['warm getSession, p50']);
  });

  for (const worse of [{ firstMs: 1501 }, { laterMs: [151] }]) {
    it(`miss a listing that grows faster than the accounts (${Object.keys(worse).join()})`, () => {
      const [few, many] = GOOD.listings;
      assert.ok(few && many);
      assert.deepEqual(missed({ listings: [few, { ...many, ...worse }] }), ['listing 1000 accounts']);
    });
  }

  it('miss a request to X while listing', () => {
    assert.deepEqual(missed({ listingRequests: 1 }), ['requests to X while listing']);
  });

  for (const worse of [{ requests: [1, 2] }, { requests: [0, 1] }, { requests: [] }, { served: [1000, 999] }]) {
    it(`miss an expiry that is not one request that serves everybody: ${JSON.stringify(worse)}`, () => {
      const { oneWindow, eightWindows } = GOOD.expiries;
      assert.deepEqual(missed({ expiries: { oneWindow: { ...oneWindow, ...worse }, eightWindows } }), [
        '1,000 callers at expiry, in one window: requests to X',
      ]);
      assert.deepEqual(missed({ expiries: { oneWindow, eightWindows: { ...eightWindows, ...worse } } }), [
        '1,000 callers at expiry, in eight windows: requests to X',
      ]);
    });
  }

  for (const worse of [{ tokenRequests: 2 }, { userRequests: 2 }, { userRequests: 0 }]) {
    it(`miss a sign-in with other requests: ${JSON.stringify(worse)}`, () => {
      assert.deepEqual(missed({ signIn: { ...GOOD.signIn, ...worse } }), ['requests to sign in']);
    });
  }

  it('miss a bundle and a package that are too large', () => {
    const bundle = { ...GOOD.bundle, atActivation: 70 * 1024 };
    assert.deepEqual(missed({ bundle }), ['bundle, minified: loaded at activation']);
    assert.deepEqual(missed({ packageBytes: 200 * 1024 }), ['packaged extension']);
  });
});
