import { sameState, type Grant } from '../grant.ts';

/** What changed in this window's view. A refreshed or wider grant is `changed`, never removed and added. */
export interface GrantChanges<G extends Grant = Grant> {
  readonly added: readonly G[];
  readonly changed: readonly G[];
  readonly removed: readonly G[];
}

/** Grants by their id. */
type View<G extends Grant> = ReadonlyMap<string, G>;

/** Tells listeners what is not as it was when they were last told. */
export class GrantChangeFeed<G extends Grant> {
  readonly #listeners = new Set<(changes: GrantChanges<G>) => void>();
  #told: View<G> = new Map();

  onDidChange(listener: (changes: GrantChanges<G>) => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /** Takes a view as known, without telling anybody. */
  begin(view: View<G>): void {
    this.#told = view;
  }

  /** Tells what has changed, and returns it; undefined if nothing has. */
  publish(view: View<G>): GrantChanges<G> | undefined {
    const changes = difference(this.#told, view);
    this.#told = view;
    if (changes.added.length + changes.changed.length + changes.removed.length === 0) return undefined;
    for (const listener of this.#listeners) listener(changes);
    return changes;
  }
}

function difference<G extends Grant>(before: View<G>, now: View<G>): GrantChanges<G> {
  const added: G[] = [];
  const changed: G[] = [];
  const removed: G[] = [];
  for (const [id, grant] of now) {
    const old = before.get(id);
    // VS Code keys what it knows by label: under another label a grant is another session.
    if (old === undefined) added.push(grant);
    else if (old.account.label !== grant.account.label) {
      removed.push(old);
      added.push(grant);
    } else if (!sameState(old, grant)) changed.push(grant);
  }
  for (const [id, grant] of before) if (!now.has(id)) removed.push(grant);
  return { added, changed, removed };
}
