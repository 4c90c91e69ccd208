import * as vscode from 'vscode';
import { xApi } from './exportedApi.ts';

/** `contributes.languageModelTools` has the schema; VS Code has checked the input against it. */
interface Input {
  readonly ids: readonly string[];
}

interface Answer {
  readonly data?: readonly { readonly id: string; readonly text: string }[];
  readonly errors?: readonly { readonly detail: string }[];
}

/** Lets a language model read posts. */
export class ReadPosts implements vscode.LanguageModelTool<Input> {
  prepareInvocation({ input }: vscode.LanguageModelToolInvocationPrepareOptions<Input>): vscode.PreparedToolInvocation {
    return { invocationMessage: `Reading ${input.ids.length} posts on X` };
  }

  async invoke(
    { input }: vscode.LanguageModelToolInvocationOptions<Input>,
    token: vscode.CancellationToken,
  ): Promise<vscode.LanguageModelToolResult> {
    const ask = { createIfNone: { detail: 'Posts on X are read with your account.' } };
    const session = await vscode.authentication.getSession('x', ['tweet.read', 'users.read'], ask);
    const query = new URLSearchParams({ ids: input.ids.join(',') });
    const api = await xApi();
    const response = await api.fetch(session, `/2/tweets?${query.toString()}`, { signal: signalOf(token) });
    // What a model is told, it can act on: an error would only end its turn.
    if (!response.ok) return textResult(`X answered ${response.status}. Do not try again now.`);
    const { data = [], errors = [] }: Answer = JSON.parse(await response.text());
    // Anybody can write a post: it is data, and no instruction.
    return textResult(JSON.stringify({ posts: data, missing: errors.map(({ detail }) => detail) }));
  }
}

function textResult(text: string): vscode.LanguageModelToolResult {
  return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
}

/** VS Code cancels by tokens, `fetch` by signals. */
function signalOf(token: vscode.CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
