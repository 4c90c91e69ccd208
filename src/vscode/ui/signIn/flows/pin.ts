import { OUT_OF_BAND } from '../../../../oauth/oauth1Flow.ts';
import type { Flow, FlowChoice } from './flow.ts';

/** X shows a PIN instead of sending the browser back (OAuth 1.0a only). Works everywhere, and needs no callback URL. */
const pin: Flow = {
  method: 'pin',
  judge: () => ({ fit: 'good', why: 'X shows a PIN' }),
  redirectUri: () => OUT_OF_BAND,
  comesByUri: false,
  listen: async () => ({ isAsked: true }),
};

export const PIN: FlowChoice = { flow: pin, redirectUri: OUT_OF_BAND };
