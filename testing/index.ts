export { FakeAuthentication } from './fakeAuthentication.ts';
export type { Asked, FakePerson, FakeSignIn } from './fakeAuthentication.ts';
export { type App, NATIVE_APP, WEB_APP } from '../test/x/app.ts';
export { accessTokenOf, Client, refreshTokenOf } from '../test/x/client.ts';
export { answers, answersJson, type Fault, faults, tooManyRequestsUntil, withMembers } from '../test/x/faults.ts';
export { ADA, GRACE, KATHERINE, type Person } from '../test/x/person.ts';
export type { Received } from '../test/x/received.ts';
export { type StandIn, type StandInOptions, startStandIn } from '../test/x/standIn.ts';
export type { Switches } from '../test/x/switches.ts';
