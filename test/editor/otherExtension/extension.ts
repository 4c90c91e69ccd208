import { authentication } from 'vscode';

/** VS Code gives each extension an API of its own; who uses this one asks in the name of this extension. */
export function activate(): { readonly authentication: typeof authentication } {
  return { authentication };
}
