import * as vscode from 'vscode';
import { DEVELOPER_CONSOLE } from '../../x/endpoints.ts';
import { UserFacingError } from '../userFacingError.ts';
import { unlessAborted } from '../../common/abort.ts';
import { cancelled, unanswered } from './messages/signInErrors.ts';
import { openWalkthrough } from '../walkthrough.ts';

const { l10n } = vscode;

/** How long the questions of one sign-in wait, all in all: whoever else asks the provider for a session waits behind them. */
const TIMEOUT_MS = 5 * 60_000;

export interface Question {
  readonly title: string;
  readonly prompt: string;
  readonly placeholder: string;
  readonly value?: string;
  readonly password?: boolean;
  /** What is wrong with an answer, in words. */
  readonly problem: (answer: string) => string | undefined | Promise<string | undefined>;
  /** Offered to be copied, where the answer comes from a page that asks for it. */
  readonly callbackUrl?: string | undefined;
  /** Ends the waiting; without it, the question waits as long as the person likes. */
  readonly signal?: AbortSignal | undefined;
}

/** Aborts when a sign-in has asked for long enough, or when `ended` does. */
export function promptTimeout(ended?: AbortSignal): AbortSignal {
  const tooLong = AbortSignal.timeout(TIMEOUT_MS);
  return ended === undefined ? tooLong : AbortSignal.any([tooLong, ended]);
}

/**
 * An input box that stays while the person is in the browser, with X's console at hand. The answer is trimmed: what is copied
 * from X's console brings a newline along.
 *
 * @throws {UserFacingError} `Cancelled` or `TimedOut`
 */
export async function ask(question: Question): Promise<string> {
  const { callbackUrl, signal } = question;
  const box = vscode.window.createInputBox();
  const openConsole = {
    iconPath: new vscode.ThemeIcon('link-external'),
    tooltip: l10n.t("Open X's Developer Console"),
  };
  const showHow = { iconPath: new vscode.ThemeIcon('question'), tooltip: l10n.t('Show Me How to Set Up an X App') };
  const copyUrl = { iconPath: new vscode.ThemeIcon('copy'), tooltip: l10n.t('Copy the Callback URL') };
  box.title = question.title;
  box.prompt = question.prompt;
  box.placeholder = question.placeholder;
  box.value = question.value ?? '';
  box.password = question.password ?? false;
  box.ignoreFocusOut = true;
  box.buttons = callbackUrl === undefined ? [openConsole] : [showHow, copyUrl, openConsole];
  try {
    return await answerOf(
      signal,
      new Promise((resolve, reject) => {
        box.onDidChangeValue(() => (box.validationMessage = undefined));
        box.onDidTriggerButton((button) => {
          if (button === openConsole) void vscode.env.openExternal(vscode.Uri.parse(DEVELOPER_CONSOLE));
          else if (button === showHow) void openWalkthrough();
          else if (callbackUrl !== undefined) void vscode.env.clipboard.writeText(callbackUrl);
        });
        const accept = async (): Promise<void> => {
          const answer = box.value.trim();
          const problem = await question.problem(answer);
          if (problem === undefined) resolve(answer);
          else box.validationMessage = problem;
        };
        box.onDidAccept(() => void accept().catch(reject));
        box.onDidHide(() => reject(cancelled()));
        box.show();
      }),
    );
  } finally {
    box.dispose();
  }
}

/**
 * Lets the person choose one of several rows. Without `signal`, it waits as long as they like.
 *
 * @throws {UserFacingError} `Cancelled` or `TimedOut`
 */
export async function choose<Item extends vscode.QuickPickItem>(
  items: readonly Item[],
  options: vscode.QuickPickOptions,
  signal?: AbortSignal,
): Promise<Item> {
  const away = new vscode.CancellationTokenSource();
  try {
    const chosen = await answerOf(
      signal,
      Promise.resolve(vscode.window.showQuickPick(items, { ignoreFocusOut: true, ...options }, away.token)),
    );
    if (chosen === undefined) throw cancelled();
    return chosen;
  } finally {
    away.cancel();
    away.dispose();
  }
}

/** The answer, unless `signal` ends the wait first: with an error of its own, or because nobody has answered. */
export async function answerOf<T>(signal: AbortSignal | undefined, answer: Promise<T>): Promise<T> {
  try {
    return await unlessAborted(signal, answer);
  } catch (error) {
    const isLate = signal?.aborted === true && error === signal.reason && !(error instanceof UserFacingError);
    throw isLate ? unanswered() : error;
  }
}
