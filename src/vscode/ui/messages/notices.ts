import { l10n } from 'vscode';
import { plainWords } from '../../../oauth/errors.ts';
import type { Notice } from '../../../sessions/notice.ts';
import type { Remedy } from '../../userFacingError.ts';

/** What a notice says, and what can be done about it. */
interface NoticeText {
  readonly text: string;
  readonly remedies: readonly Remedy[];
}

type NoticeOf<Kind extends Notice['kind']> = Extract<Notice, { kind: Kind }>;

/** The words of a notice. `clientId` is of the app that is set up. */
export function noticeText(notice: Notice, clientId: string): NoticeText {
  switch (notice.kind) {
    case 'rejected':
      return rejected(notice);
    case 'unknown-client':
      return unknownClient(notice, clientId);
    case 'client-secret':
      return clientSecret(notice);
    case 'narrowed':
      return {
        text: l10n.t(
          'The sign-in of {0} now allows less than before: extensions that need the rest will ask again.',
          notice.grant.account.label,
        ),
        remedies: ['sign-in-again'],
      };
    case 'unreadable':
      return {
        text:
          notice.count === 1
            ? l10n.t("A stored sign-in to X can't be read and was set aside: sign in again.")
            : l10n.t("{0} stored sign-ins to X can't be read and were set aside: sign in again.", String(notice.count)),
        remedies: ['sign-in-again', 'show-log'],
      };
    case 'vanished':
      return {
        text: l10n.t(
          "The sign-in to X of {0} is gone from this machine's secret storage: sign in again.",
          notice.labels.join(', '),
        ),
        remedies: ['sign-in-again'],
      };
    case 'shared-bearer':
    case 'replaced-not-revoked':
    case 'not-revoked':
      return notRevoked(notice);
  }
}

function rejected({ grant, dropped }: NoticeOf<'rejected'>): NoticeText {
  return {
    text: dropped
      ? l10n.t(
          'The connection dropped while the sign-in of {0} to X was being renewed, and X has ended it: sign in again.',
          grant.account.label,
        )
      : l10n.t('X has ended the sign-in of {0}: sign in again.', grant.account.label),
    remedies: ['sign-in-again'],
  };
}

function unknownClient({ grant }: NoticeOf<'unknown-client'>, clientId: string): NoticeText {
  return grant.clientId === clientId
    ? {
        text: l10n.t(
          "The sign-in of {0} to X can't be renewed, because X does not know the app's Client ID any more: set up the app again.",
          grant.account.label,
        ),
        remedies: ['set-up-app'],
      }
    : {
        text: l10n.t(
          "The sign-in of {0} to X can't be renewed, because X does not know the Client ID {1} any more: tell the author of the extension that uses it.",
          grant.account.label,
          plainWords(grant.clientId),
        ),
        remedies: ['show-log'],
      };
}

function clientSecret({ grant, hasSecret }: NoticeOf<'client-secret'>): NoticeText {
  return {
    text: hasSecret
      ? l10n.t(
          "The sign-in of {0} to X can't be renewed, because X does not accept the app's secret: correct it, or remove it if the app is a Native App.",
          grant.account.label,
        )
      : l10n.t(
          "The sign-in of {0} to X can't be renewed, because the app at X has a secret that is not known here: add its Client Secret.",
          grant.account.label,
        ),
    remedies: ['enter-client-secret'],
  };
}

/** Tokens that live on at X. Each has a button, since VS Code cuts off a message without one. */
function notRevoked({ kind, grant }: NoticeOf<'shared-bearer' | 'replaced-not-revoked' | 'not-revoked'>): NoticeText {
  switch (kind) {
    case 'shared-bearer':
      return {
        text: l10n.t(
          "{0} is removed here. X keeps the app's bearer token alive, because everyone who uses the app shares it: regenerate it in X's console to end it.",
          grant.account.label,
        ),
        remedies: ['open-console'],
      };
    case 'replaced-not-revoked':
      return {
        text: l10n.t(
          'The earlier tokens of {0} could not be revoked at X: remove the app that they belong to under Connected apps.',
          grant.account.label,
        ),
        remedies: ['open-connected-apps'],
      };
    case 'not-revoked':
      return {
        text: l10n.t(
          '{0} is signed out here, but X could not be told: remove the app under Connected apps at X to end it there, too.',
          grant.account.label,
        ),
        remedies: ['open-connected-apps'],
      };
  }
}
