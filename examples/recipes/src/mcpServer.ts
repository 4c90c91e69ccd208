import { createHash } from 'node:crypto';
import * as vscode from 'vscode';

const SCOPES = ['tweet.read', 'users.read'];

/** An MCP server of your own, which calls X on behalf of the person who uses it. */
export class XMcpServers implements vscode.McpServerDefinitionProvider<vscode.McpHttpServerDefinition> {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeMcpServerDefinitions = this.#changed.event;
  readonly #listening = vscode.Disposable.from(
    this.#changed,
    // The header is fixed while a server runs: a token that was refreshed makes another version of it.
    vscode.authentication.onDidChangeSessions(({ provider }) => {
      if (provider.id === 'x') this.#changed.fire();
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('xRecipes.mcpServerUrl')) this.#changed.fire();
    }),
  );

  /** Asked at every start, so nothing is shown. The token is not in it, because VS Code keeps what it gets here on disk. */
  async provideMcpServerDefinitions(): Promise<vscode.McpHttpServerDefinition[]> {
    const url = vscode.workspace.getConfiguration('xRecipes').get('mcpServerUrl', '');
    if (url === '') return [];
    const session = await vscode.authentication.getSession('x', SCOPES, { silent: true });
    const version = session === undefined ? 'signed-out' : digest(session.accessToken);
    return [new vscode.McpHttpServerDefinition('Posts on X', vscode.Uri.parse(url, true), {}, version)];
  }

  /** The server is about to start: now people may be asked to sign in, and the token is needed. */
  async resolveMcpServerDefinition(server: vscode.McpHttpServerDefinition): Promise<vscode.McpHttpServerDefinition> {
    const session = await vscode.authentication.getSession('x', SCOPES, { createIfNone: true });
    server.headers = { Authorization: `Bearer ${session.accessToken}` };
    return server;
  }

  dispose(): void {
    this.#listening.dispose();
  }
}

/** Tells tokens apart without telling anything about them. */
function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 16);
}
