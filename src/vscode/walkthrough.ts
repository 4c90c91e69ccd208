import * as vscode from 'vscode';
import { settings } from './settings.ts';

/** The extension's id and the id of the walkthrough in package.json. */
const WALKTHROUGH = 'xauth.x-authentication#firstRun';

/** Opens the pages that lead from nothing to being signed in. */
export async function openWalkthrough(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.openWalkthrough', WALKTHROUGH, false);
}

/** What completes a step of the walkthrough when it becomes true. VS Code remembers the steps, so nothing is ever unset. */
export type Done = 'isSetUp' | 'isSignedIn' | 'isUsed';

const told = new Set<Done>();

export function stepDone(step: Done): void {
  if (told.has(step)) return;
  told.add(step);
  void vscode.commands.executeCommand('setContext', `xAuthentication.${step}`, true);
}

/** Looks whether an app is set up. */
export function lookForApp(): void {
  try {
    if (settings.clientId() !== '') stepDone('isSetUp');
  } catch {
    // A setting that can't be used is told when it is used.
  }
}
