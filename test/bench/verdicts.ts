import type { Expiries, Measured } from './measured.ts';
import { median, percentile, spread } from './statistics.ts';
import { CONSTANT, GITHUB, X, type Activation } from './tasks.ts';

/** One line of the table. */
export interface Finding {
  readonly what: string;
  readonly ours: string;
  readonly github?: string;
  readonly constant?: string;
  /** What was promised, if anything was, and whether it is kept. */
  readonly budget?: { readonly text: string; readonly isMet: boolean };
}

const ACTIVATION_RATIO = 0.6;
const BUNDLE_KB = 70;
const PACKAGE_KB = 200;
const WARM_RATIO = 1.1;

/** How much more than linear is still taken for noise; growth with the square would be ten times as much. */
const LINEAR = 1.5;

/** Holds what was measured against what was promised. */
export function judge(measured: Measured): readonly Finding[] {
  return [
    ...activation(measured),
    ...warm(measured),
    ...listing(measured),
    atExpiry('in one window', measured.expiries.oneWindow),
    atExpiry('in eight windows', measured.expiries.eightWindows),
    ...signIn(measured),
    ...size(measured),
  ];
}

function activation({ activations }: Measured): readonly Finding[] {
  const of = (extension: string, figure: (one: Activation) => number): number[] =>
    activations
      .flat()
      .filter((one) => one.extension === extension)
      .map(figure);
  const row = (what: string, figure: (one: Activation) => number, unit: string): Finding => {
    const say = (extension: string): string => {
      const values = of(extension, figure);
      return `${median(values).toFixed(1)} ${unit} (${spread(values)})`;
    };
    return { what, ours: say(X), github: say(GITHUB), constant: say(CONSTANT) };
  };
  const whole = ({ loadMs, activateMs }: Activation): number => loadMs + activateMs;
  const ratio = median(of(X, whole)) / median(of(GITHUB, whole));
  const text = `at most ${ACTIVATION_RATIO} × GitHub’s (${ratio.toFixed(2)} ×)`;
  return [
    { ...row('activation', whole, 'ms'), budget: { text, isMet: ratio <= ACTIVATION_RATIO } },
    row('… of that, loading the code', ({ loadMs }) => loadMs, 'ms'),
    row('heap of the extension host, with it', ({ heapBytes }) => heapBytes / 2 ** 20, 'MB more'),
    row('resident memory, with it', ({ residentBytes }) => residentBytes / 2 ** 20, 'MB more'),
  ];
}

function warm({ warmMs: { x, github, constant } }: Measured): readonly Finding[] {
  const row = (share: number): Finding => {
    const say = (values: readonly number[]): string => `${percentile(values, share).toFixed(2)} ms`;
    return { what: `warm getSession, p${share * 100}`, ours: say(x), github: say(github), constant: say(constant) };
  };
  const ratio = median(x) / median(constant);
  const text = `at most ${WARM_RATIO} × the constant (${ratio.toFixed(2)} ×)`;
  return [{ ...row(0.5), budget: { text, isMet: ratio <= WARM_RATIO } }, row(0.95), row(0.99)];
}

function listing({ listings, listingRequests }: Measured): readonly Finding[] {
  const rows = listings.map(({ accounts, firstMs, laterMs }, index): Finding => {
    const finding = {
      what: `listing ${accounts} accounts`,
      ours: `${median(laterMs).toFixed(1)} ms; ${firstMs.toFixed(0)} ms the first time`,
    };
    const fewer = listings[index - 1];
    if (fewer === undefined) return finding;
    const limit = (LINEAR * accounts) / fewer.accounts;
    const growths = [firstMs / fewer.firstMs, median(laterMs) / median(fewer.laterMs)];
    const text = `at most ${limit} × the time for ${fewer.accounts} (${growths.map((one) => `${one.toFixed(1)} ×`).join(', ')})`;
    return { ...finding, budget: { text, isMet: growths.every((one) => one <= limit) } };
  });
  const budget = { text: 'none', isMet: listingRequests === 0 };
  return [...rows, { what: 'requests to X while listing', ours: String(listingRequests), budget }];
}

function atExpiry(where: string, { callers, requests, served, ms }: Expiries): Finding {
  const isMet =
    requests.length > 0 && requests.every((count) => count === 1) && served.every((count) => count === callers);
  return {
    what: `${callers.toLocaleString('en')} callers at expiry, ${where}: requests to X`,
    ours: `${requests.join(', ')}; ${Math.min(...served)} served, after ${median(ms).toFixed(0)} ms`,
    budget: { text: 'one', isMet },
  };
}

function signIn({ signIn: { tokenRequests, userRequests, nearMs, farMs, latencyMs } }: Measured): readonly Finding[] {
  const trips = (median(farMs) - median(nearMs)) / latencyMs;
  return [
    {
      what: 'requests to sign in',
      ours: `${tokenRequests} to the token endpoint, ${userRequests} to /2/users/me`,
      budget: { text: 'one each', isMet: tokenRequests === 1 && userRequests === 1 },
    },
    { what: 'sign-in, where X answers at once', ours: `${median(nearMs).toFixed(0)} ms (${spread(nearMs)})` },
    {
      what: `sign-in, where X takes ${latencyMs} ms`,
      ours: `${median(farMs).toFixed(0)} ms (${spread(farMs)}): ${trips.toFixed(1)} round trips`,
    },
  ];
}

function size({ bundle, packageBytes }: Measured): readonly Finding[] {
  const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`;
  return [
    {
      what: 'bundle, minified: loaded at activation',
      ours: kilobytes(bundle.atActivation),
      budget: { text: `under ${BUNDLE_KB} KB`, isMet: bundle.atActivation < BUNDLE_KB * 1024 },
    },
    { what: 'bundle, minified: in all', ours: kilobytes(bundle.all) },
    {
      what: 'packaged extension',
      ours: kilobytes(packageBytes),
      budget: { text: `under ${PACKAGE_KB} KB`, isMet: packageBytes < PACKAGE_KB * 1024 },
    },
  ];
}
