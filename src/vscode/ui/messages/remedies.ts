import { l10n } from 'vscode';
import type { Remedy } from '../../userFacingError.ts';

/** What the button of a remedy says. */
export function remedyLabel(remedy: Remedy): string {
  switch (remedy) {
    case 'set-up-app':
      return l10n.t('Set Up App Credentials');
    case 'enter-client-secret':
      return l10n.t('Enter the Client Secret');
    case 'enter-api-key':
      return l10n.t('Enter the API Key Again');
    case 'open-settings':
      return l10n.t('Open Settings');
    case 'sign-in':
      return l10n.t('Sign In');
    case 'sign-in-again':
      return l10n.t('Sign In Again');
    case 'paste-instead':
      return l10n.t('Paste the Callback URL Instead');
    case 'another-way':
      return l10n.t('Sign In Another Way');
    case 'see-checklist':
      return l10n.t('See What to Check');
    case 'copy-callback-urls':
      return l10n.t('Copy Callback URLs');
    case 'show-log':
      return l10n.t('Show Log');
    case 'open-console':
      return l10n.t("Open X's Developer Console");
    case 'open-connected-apps':
      return l10n.t('Open Connected Apps');
    case 'open-walkthrough':
      return l10n.t('Show Me How');
    case 'reload-window':
      return l10n.t('Reload Window');
  }
}
