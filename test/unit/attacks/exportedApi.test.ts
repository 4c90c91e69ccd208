import assert from 'node:assert/strict';
import { startStandIn } from '../../x/standIn.ts';
import { signedIn, startEditor } from './editor.ts';

describe('An extension that attacks', () => {
  it('is not let in with the id of a session that it was not given', async () => {
    await using x = await startStandIn();
    await using editor = await startEditor(x);
    const good = await signedIn(editor, 'good.extension', ['tweet.read'], 'ada');
    const own = await signedIn(editor, 'evil.extension', ['tweet.read'], 'grace');

    const forged = { ...own, id: good.id };
    const answer = editor.api.getApi(1).fetch(forged, '/2/users/me');
    await assert.rejects(answer, { name: 'ForeignSession' });
  });
});
