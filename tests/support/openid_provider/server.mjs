// A certified OpenID provider for tests: `node server.mjs FOLDER PORT CLIENTS`. Its own development
// pages sign anybody in who says a name. POST /_rotate gives it other signing keys.

import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [folder, port, clients] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(`${folder}/node_modules/oidc-provider/lib/index.js`));
const issuer = `http://localhost:${port}`;

function provider() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: "jwk" }), use: "sig", kid: randomUUID() };
  return new Provider(issuer, {
    clients: JSON.parse(clients),
    jwks: { keys: [key] },
    cookies: { keys: ["only for tests"] },
    pkce: { required: () => true },
    clientAuthMethods: ["client_secret_basic", "private_key_jwt", "none"],
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    features: { rpInitiatedLogout: { enabled: true }, devInteractions: { enabled: true } },
  });
}

let answer = provider().callback();
createServer((request, response) => {
  if (request.url === "/_rotate") {
    answer = provider().callback();
    return response.end("rotated");
  }
  return answer(request, response);
}).listen(Number(port), "localhost", () => console.log("ready"));
