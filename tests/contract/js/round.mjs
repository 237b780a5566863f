// masto.js goes once round. Asks for its codes on standard output ("authorize <who> <address>") and reads them from
// standard input, a line each; says "ok" at the end, or throws.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from "masto";

const url = process.argv[2];
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const scope = "read write follow push";
const redirectUri = "urn:ietf:wg:oauth:2.0:oob";

async function logIn(who) {
  const anonymous = createRestAPIClient({ url });
  const app = await anonymous.v1.apps.create({ clientName: "masto.js", redirectUris: redirectUri, scopes: scope });
  const query = new URLSearchParams({ response_type: "code", client_id: app.clientId, redirect_uri: redirectUri, scope });
  console.log(`authorize ${who} ${url}/oauth/authorize?${query}`);
  const code = (await lines.next()).value;
  const oauth = createOAuthAPIClient({ url });
  const { clientId, clientSecret } = app;
  const token = await oauth.token.create({ grantType: "authorization_code", clientId, clientSecret, redirectUri, code, scope });
  const accessToken = token.accessToken;
  return {
    api: createRestAPIClient({ url, accessToken }),
    accessToken,
    revoke: () => oauth.revoke({ clientId, clientSecret, token: accessToken }),
  };
}

const ada = await logIn("ada");
const bob = await logIn("bob");
const instance = await ada.api.v2.instance.fetch();
assert.match(instance.version, /^4\.\d+\.\d+ /);
assert.equal((await ada.api.v1.instance.fetch()).uri, instance.domain);
const me = await ada.api.v1.accounts.verifyCredentials();
const other = await ada.api.v1.accounts.lookup({ acct: "bob" });
assert.deepEqual(await ada.api.v1.customEmojis.list(), []);
assert.equal((await ada.api.v1.preferences.fetch())["posting:default:visibility"], "public");

const streaming = createStreamingAPIClient({
  streamingApiUrl: instance.configuration.urls.streaming,
  accessToken: ada.accessToken,
});
const heard = [];
const subscription = streaming.user.subscribe();
const listening = (async () => {
  for await (const event of subscription) heard.push(event);
})();
while (heard.length === 0) {
  // The library says nowhere that its socket is open: knock until it is heard.
  const knock = await ada.api.v1.statuses.create({ status: "Is anybody listening?" });
  await new Promise((resolve) => setTimeout(resolve, 100));
  await ada.api.v1.statuses.$select(knock.id).remove();
}

const first = await ada.api.v1.statuses.create({ status: "Hello from masto.js", spoilerText: "News", language: "en" });
assert.equal(first.favourited, false);
assert.equal((await bob.api.v1.accounts.$select(me.id).follow()).following, true);
assert.equal((await bob.api.v1.statuses.$select(first.id).favourite()).favourited, true);
const boost = await bob.api.v1.statuses.$select(first.id).reblog();
assert.equal(boost.reblog.id, first.id);
const answer = await bob.api.v1.statuses.create({ status: "@ada hello", inReplyToId: first.id });
const context = await ada.api.v1.statuses.$select(first.id).context.fetch();
assert.deepEqual(context.descendants.map((each) => each.id), [answer.id]);
assert.equal((await bob.api.v1.statuses.$select(first.id).unreblog()).reblogged, false);

const kinds = (await ada.api.v1.notifications.list({ types: ["mention", "favourite"] })).map((each) => each.type);
assert.deepEqual(kinds.sort(), ["favourite", "mention"]);
const relationships = await ada.api.v1.accounts.relationships.fetch({ id: [other.id, me.id] });
assert.deepEqual(relationships.map((each) => each.id), [other.id, me.id]);
assert.equal(relationships[0].followedBy, true);
const found = await ada.api.v2.search.list({ q: "@bob", type: "accounts", resolve: true });
assert.deepEqual(found.accounts.map((each) => each.acct), ["bob"]);

const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const media = await ada.api.v2.media.create({ file: new Blob([pixel], { type: "image/png" }), description: "A dot" });
assert.equal(media.description, "A dot");
const pictured = await ada.api.v1.statuses.create({ status: "Look", mediaIds: [media.id], visibility: "private" });
assert.equal(pictured.mediaAttachments[0].id, media.id);
const edited = await ada.api.v1.statuses.$select(pictured.id).update({
  status: "Look here",
  mediaIds: [media.id],
  mediaAttributes: [{ id: media.id, description: "A better dot" }],
});
assert.equal(edited.mediaAttachments[0].description, "A better dot");
assert.equal((await ada.api.v1.statuses.$select(pictured.id).source.fetch()).text, "Look here");
const removed = await ada.api.v1.statuses.$select(pictured.id).remove();
assert.equal(removed.text, "Look here");

const written = [];
for (let number = 0; number < 5; number += 1) {
  written.unshift((await ada.api.v1.statuses.create({ status: `Number ${number}` })).id);
}
const walked = [];
for await (const page of ada.api.v1.accounts.$select(me.id).statuses.list({ limit: 2 })) {
  walked.push(...page.map((each) => each.id));
}
assert.deepEqual(walked, [...written, first.id]);

await assert.rejects(ada.api.v1.statuses.$select("1").fetch(), { statusCode: 404 });
const stranger = createRestAPIClient({ url, accessToken: "x" });
await assert.rejects(async () => await stranger.v1.timelines.home.list(), { statusCode: 401 });

const events = heard.map((each) => each.event);
for (const wanted of ["update", "notification", "status.update", "delete"]) assert.ok(events.includes(wanted), wanted);
assert.ok(heard.some((each) => each.event === "update" && each.payload.id === first.id));
assert.ok(heard.some((each) => each.event === "delete" && each.payload === pictured.id));
subscription.unsubscribe();
streaming.close();
await Promise.race([listening, new Promise((resolve) => setTimeout(resolve, 500))]);
await ada.revoke();
await assert.rejects(ada.api.v1.accounts.verifyCredentials(), { statusCode: 401 });
console.log("ok");
process.exit(0);
