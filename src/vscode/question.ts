import * as vscode from 'vscode';
import { DEVELOPER_CONSOLE } from '../x/endpoints.ts';
import { cancelled } from './messages.ts';

const { l10n } = vscode;

export interface Question {
  readonly title: string;
  readonly prompt: string;
  readonly placeholder: string;
  readonly value?: string;
  readonly password?: boolean;
  /** What is wrong with an answer, in words. */
  readonly problem: (answer: string) => string | undefined;
  /** Offered to be copied, where the answer comes from a page that asks for it. */
  readonly callbackUrl?: string | undefined;
}

/**
 * An input box that stays while the person is in the browser, with X's console at hand. The answer is trimmed: what is copied
 * from X's console brings a newline along.
 *
 * @throws {Failure} `Cancelled`
 */
export async function ask(question: Question): Promise<string> {
  const { callbackUrl } = question;
  const box = vscode.window.createInputBox();
  const openConsole = {
    iconPath: new vscode.ThemeIcon('link-external'),
    tooltip: l10n.t("Open X's Developer Console"),
  };
  const copyUrl = { iconPath: new vscode.ThemeIcon('copy'), tooltip: l10n.t('Copy the Callback URL') };
  box.title = question.title;
  box.prompt = question.prompt;
  box.placeholder = question.placeholder;
  box.value = question.value ?? '';
  box.password = question.password ?? false;
  box.ignoreFocusOut = true;
  box.buttons = callbackUrl === undefined ? [openConsole] : [copyUrl, openConsole];
  try {
    return await new Promise((resolve, reject) => {
      box.onDidChangeValue(() => (box.validationMessage = undefined));
      box.onDidTriggerButton((button) => {
        if (button === openConsole) void vscode.env.openExternal(vscode.Uri.parse(DEVELOPER_CONSOLE));
        else if (callbackUrl !== undefined) void vscode.env.clipboard.writeText(callbackUrl);
      });
      box.onDidAccept(() => {
        const answer = box.value.trim();
        const problem = question.problem(answer);
        if (problem === undefined) resolve(answer);
        else box.validationMessage = problem;
      });
      box.onDidHide(() => reject(cancelled()));
      box.show();
    });
  } finally {
    box.dispose();
  }
}
