/** Beyond this X answers with an error, and without the state (docs/what-x-does.md). */
const MAX_STATE_LENGTH = 500;

/** Whether X hands a `state` back as it was sent. */
export function isCarried(state: string): boolean {
  return state.length <= MAX_STATE_LENGTH;
}
