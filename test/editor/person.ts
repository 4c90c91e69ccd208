import { asksFor, type Action } from '../host/person.ts';

/** Has the person at the keyboard do these, one after another, as soon as VS Code asks for each. */
export function personDoes(...actions: readonly Action[]): void {
  for (const action of actions) console.log(asksFor(action));
}

/** On a desktop nobody drives VS Code, so nobody is at the keyboard. */
export function skipWithoutPerson(context: Mocha.Context): void {
  if (process.env['TEST_MARK'] === undefined) context.skip();
}
