// An OpenID provider for the tests: the certified `oidc-provider`, with people known by name and no passwords.
// Usage: node openid_provider.mjs MODULES PORT CLIENT SECRET REDIRECT_URI
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, port, client, secret, redirect] = process.argv.slice(2);
const found = createRequire(pathToFileURL(`${modules}/`)).resolve("oidc-provider");
const { Provider } = await import(pathToFileURL(found));

const groups = {
  n1a: ["group of officer"],
  nc: ["group of officer", "group of champion"],
  "in 201 groups": Array.from({ length: 201 }, (_, number) => `group of ${number ? number : "officer"}`),
};

new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: client, client_secret: secret, redirect_uris: [redirect] }],
  claims: { openid: ["sub"], profile: ["preferred_username", "roles"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, roles: groups[id] }),
  }),
}).listen(Number(port), "127.0.0.1");
