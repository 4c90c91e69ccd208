import { remedyLabel } from '../messages/remedies.ts';
import * as vscode from 'vscode';
import { CallbackMismatchError } from '../../../oauth/errors.ts';
import { X_API } from '../../../x/endpoints.ts';
import type { PendingAttempt } from './pendingAttempt.ts';

const { l10n } = vscode;

/** By now the person may be looking at an error page of X. */
const HINT_AFTER_MS = 30_000;

/** Shows that the browser is waited for until the wait is over. Cancelling ends the sign-in. */
export async function showProgress(pending: PendingAttempt): Promise<void> {
  const location = vscode.ProgressLocation.Notification;
  const given = encodeURIComponent(JSON.stringify([pending.ticket]));
  const links = ['pasteCallback', 'copySignInLink', 'signInHelp'].map(
    (name) => `command:xAuthentication.${name}?${given}`,
  );
  const title = titleFor(pending.attempt.apiBaseUrl);
  await vscode.window.withProgress({ location, cancellable: true, title }, async (progress, token) => {
    token.onCancellationRequested(() => pending.cancel());
    progress.report({
      message: l10n.t({
        message:
          'if it does not come back, [paste the callback URL]({0}), [copy the link]({1}) or [see what else helps]({2}).',
        args: links,
        comment: [
          'Follows "Sign in to X in your browser" and a colon. The brackets and parentheses make links and must stay.',
        ],
      }),
    });
    const hint = setTimeout(() => {
      const message = l10n.t({
        message:
          'still waiting. If X says that something went wrong, [see what helps]({2}). You can also [paste the callback URL]({0}) or [copy the link]({1}).',
        args: links,
        comment: [
          'Follows "Sign in to X in your browser" and a colon. The brackets and parentheses make links and must stay.',
        ],
      });
      progress.report({ message });
    }, HINT_AFTER_MS);
    await pending.outcome.catch(() => undefined);
    clearTimeout(hint);
  });
}

/** Shows an error that anybody could have sent. The attempt goes on meanwhile, unless the person ends it. */
export async function showUnprovenError(code: string, pending: PendingAttempt): Promise<void> {
  const { text, cancel, again } = unprovenError(code);
  const chosen = await vscode.window.showWarningMessage(text, cancel, again);
  // Once the attempt is over these do nothing: how it ended has a message of its own, with a button that tries it again.
  if (chosen === cancel) pending.cancel();
  else if (chosen === again) pending.switchTo(pending.choice);
}

/** Asks for what the browser shows: the callback URL, or a PIN. */
export async function askForCallback(pending: PendingAttempt): Promise<void> {
  const { attempt, choice, busyPort } = pending;
  const words = pasteWords(choice.flow.method === 'pin' ? 'pin' : 'callback');
  const problemWith = (pasted: string): string | undefined => {
    try {
      return attempt.matchCallback(attempt.parsePasted(pasted)) === undefined ? words.other : undefined;
    } catch (error) {
      if (error instanceof CallbackMismatchError) return words.nothing;
      throw error;
    }
  };
  const pasted = await vscode.window.showInputBox(
    {
      title: words.title,
      prompt: busyPort === undefined ? words.prompt : `${portInUse(busyPort)} ${words.prompt}`,
      placeHolder: words.placeHolder,
      ignoreFocusOut: true,
      validateInput: (text) => (text.trim() === '' ? undefined : problemWith(text)),
    },
    pending.ended,
  );
  if (pasted !== undefined && pasted.trim() !== '') pending.take(attempt.parsePasted(pasted));
}

/** Copies the address of X's page, for another browser. */
export async function copyLink({ attempt }: PendingAttempt): Promise<void> {
  await vscode.env.clipboard.writeText(attempt.url);
  void vscode.window.setStatusBarMessage(l10n.t('Copied the link to sign in to X.'), 5_000);
}

/** Any extension can change the setting: who is about to sign in is told where that leads, if not to X. */
function titleFor(apiBaseUrl: string): string {
  return apiBaseUrl === X_API
    ? l10n.t('Sign in to X in your browser')
    : l10n.t('Sign in to X in your browser (not at X itself, but at {0})', new URL(apiBaseUrl).host);
}

/** The words of the box that takes what the browser ended with. */
function pasteWords(what: 'callback' | 'pin'): {
  readonly title: string;
  readonly prompt: string;
  readonly placeHolder: string;
  /** What was pasted belongs to another sign-in. */
  readonly other: string;
  /** There is no answer in what was pasted. */
  readonly nothing: string;
} {
  const title = l10n.t('Finish signing in to X');
  return what === 'pin'
    ? {
        title,
        prompt: l10n.t('Type the PIN that X shows in the browser.'),
        placeHolder: l10n.t('About seven digits'),
        other: l10n.t('This is from another sign-in: type the number that the browser shows now.'),
        nothing: l10n.t('A PIN has only digits.'),
      }
    : {
        title,
        prompt: l10n.t(
          "Copy the whole address of the page that the browser ended on, even if it says that the page can't be opened.",
        ),
        placeHolder: l10n.t('The callback URL, or only its code'),
        other: l10n.t('This address is from another sign-in: copy the one that the browser shows now.'),
        nothing: l10n.t('There is no code in this: copy the whole address, with everything after "?".'),
      };
}

const portInUse = (port: number): string =>
  l10n.t("Port {0} is in use, so the browser can't come back by itself.", String(port));

/** What is said of an error that came without a state, while an answer with one is still waited for. `code` is of RFC 6749. */
function unprovenError(code: string): {
  readonly text: string;
  readonly cancel: string;
  readonly again: string;
} {
  return {
    text:
      code === 'access_denied'
        ? l10n.t(
            'X reports that access was not given. A web page could have faked this, so the sign-in waits a moment longer.',
          )
        : l10n.t(
            'X reports that the sign-in failed ({0}). A web page could have faked this, so the sign-in waits a moment longer.',
            code,
          ),
    cancel: l10n.t('Cancel'),
    again: remedyLabel('sign-in-again'),
  };
}
