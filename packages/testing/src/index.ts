export {
  type GetSessionCall,
  FakeAuthentication,
  type FakePerson,
  type FakeSignIn,
  type ProviderId,
  type SignInErrorName,
} from './fakeAuthentication.ts';
export { type App, NATIVE_APP, WEB_APP } from './fakeX/app.ts';
export { basic, Client, type ClientAnswer, type OAuth2SignIn } from './fakeX/client.ts';
export { FakeX, type FakeXOptions, startFakeX } from './fakeX/fakeX.ts';
export { type UntrustedServer, refusingUrl, startUntrustedServer } from './fakeX/faults/badServers.ts';
export type { FaultOptions, Hold, PlannedFault } from './fakeX/faults/faultPlan.ts';
export {
  answers,
  answersJson,
  dripping,
  type Fault,
  faults,
  type FaultStage,
  tooManyRequestsUntil,
  withMembers,
} from './fakeX/faults/faults.ts';
export { clickThrough, type Consent, type Page } from './fakeX/pages/clickThrough.ts';
export { ADA, GRACE, KATHERINE, type Person } from './fakeX/person.ts';
export { SCOPES } from './fakeX/scopes.ts';
export type { SecretKind } from './fakeX/secrets.ts';
export type { Answer } from './fakeX/server/answer.ts';
export type { ReceivedRequest } from './fakeX/server/received.ts';
export type { Switches } from './fakeX/switches.ts';
