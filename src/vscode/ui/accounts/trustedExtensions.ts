import { commands } from 'vscode';

/** VS Code's own list of the extensions that may use an account, for which there is no API. Seen in 1.105 to 1.139. */
const TRUSTED_EXTENSIONS = '_manageTrustedExtensionsForAccount';

/** Whether this VS Code has the list. */
export async function showsTrustedExtensions(): Promise<boolean> {
  return (await commands.getCommands()).includes(TRUSTED_EXTENSIONS);
}

/** Resolves when the list is there, not when the person has closed it. */
export async function showTrustedExtensions(providerId: string, accountLabel: string): Promise<void> {
  await commands.executeCommand(TRUSTED_EXTENSIONS, { providerId, accountLabel });
}
