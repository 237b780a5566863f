// A server of Fedify's with one actor, and a door on loopback through which a test makes it act and asks what it met.
//
// Usage: node peer.mjs '{"host": "…", "port": 1, "control": 2, "knock": "rfc9421", "hosts": {"name": port},
//   "certificate": "file", "key": "file", "authority": "file"}'
//
// Fedify does what a server does with its own code: discovery, documents, signatures, proofs. Ours is only what an
// application brings: keys, what an actor says, a note's text, a list of what came in.

import { readFileSync } from "node:fs";
import { createServer as createPlain } from "node:http";
import { createServer } from "node:https";
import { Readable } from "node:stream";
import { createFederation, generateCryptoKeyPair, MemoryKvStore } from "@fedify/fedify";
import { verifyObject, verifyRequest } from "@fedify/fedify/sig";
import {
  Accept, Activity, Announce, Block, Create, Delete, Endpoints, Follow, Like, Mention, Note, Person, PUBLIC_COLLECTION,
  Reject, Tombstone, Undo, Update,
} from "@fedify/fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";
import { Agent, buildConnector, setGlobalDispatcher } from "undici";

const given = JSON.parse(process.argv[2]);
const origin = `https://${given.host}`;
const ME = "fay";

// --- the network: every name is on loopback, at the port we were told; nothing else can be reached

const dial = buildConnector({ ca: readFileSync(given.authority) });
setGlobalDispatcher(new Agent({
  connect(options, done) {
    const port = given.hosts[options.hostname];
    if (port == null) return done(new Error(`there is no ${options.hostname} here`), null);
    dial({ ...options, hostname: "127.0.0.1", host: `127.0.0.1:${port}`, port: String(port), servername: options.hostname }, done);
  },
}));

const seen = { activities: [], asked: [], asking: [] };

function scheme(headers) {
  if (headers.has("signature-input")) return "rfc9421";
  return headers.has("signature") ? "cavage" : "none";
}

const plainFetch = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const note = {
    method: request.method,
    url: request.url,
    scheme: scheme(request.headers),
    headers: Object.fromEntries(request.headers),
    body: request.method === "POST" ? await request.clone().text() : "",
    status: 0,
  };
  seen.asking.push(note);
  const response = await plainFetch(request);
  note.status = response.status;
  return response;
};

// --- the application

// Fedify remembers with which scheme a server signed, and answers in kind. Forgetting that, it always knocks the same way.
class Forgetful extends MemoryKvStore {
  get(key) {
    return key[0] === "scheme" ? Promise.resolve(undefined) : super.get(key);
  }
}

const federation = createFederation({
  kv: new Forgetful(),
  kvPrefixes: { httpMessageSignaturesSpec: ["scheme"] },
  allowPrivateAddress: true,
  firstKnock: given.knock,
});
const pairs = [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), await generateCryptoKeyPair("Ed25519")];
const notes = new Map();
const followers = new Map();
const sent = new Map(); // activities of ours, to take back
let state = { refuse: null, name: "Fay" };

async function person(ctx) {
  const keys = await ctx.getActorKeyPairs(ME);
  return new Person({
    id: ctx.getActorUri(ME),
    preferredUsername: ME,
    name: state.name,
    summary: "A peer",
    url: new URL(`${origin}/@${ME}`),
    inbox: ctx.getInboxUri(ME),
    endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
    followers: ctx.getFollowersUri(ME),
    outbox: ctx.getOutboxUri(ME),
    publicKey: keys[0].cryptographicKey,
    assertionMethods: keys.map((each) => each.multikey),
  });
}

federation
  .setActorDispatcher("/users/{identifier}", (ctx, identifier) => (identifier === ME ? person(ctx) : null))
  .mapHandle((ctx, username) => (username === ME ? ME : null))
  .setKeyPairsDispatcher(() => pairs);

federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({ items: [...followers.values()] }));
federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] }));
federation.setObjectDispatcher(Note, "/notes/{id}", (ctx, { id }) => {
  const note = notes.get(id);
  return note instanceof Note ? note : null;
});

// To groups it is what Mastodon is: a server that knows people and boosts, and no activities in activities.
federation.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
  software: { name: "mastodon", version: "4.5.0" },
  protocols: ["activitypub"],
  usage: { users: {}, localPosts: 0, localComments: 0 },
}));

const listeners = federation.setInboxListeners("/users/{identifier}/inbox", "/inbox");
listeners.setSharedKeyDispatcher(() => ({ identifier: ME }));
async function keep(ctx, activity) {
  seen.activities.push({
    type: activity.constructor.name,
    id: activity.id?.href,
    actor: activity.actorId?.href,
    object: activity.objectId?.href,
    json: await activity.toJsonLd(ctx),
  });
}
for (const kind of [Accept, Announce, Block, Create, Delete, Like, Reject, Undo, Update]) {
  listeners.on(kind, keep);
}
listeners.on(Follow, async (ctx, follow) => {
  await keep(ctx, follow);
  const follower = await follow.getActor(ctx);
  followers.set(follower.id.href, follower);
  await send(ctx, follower, new Accept({ id: fresh("accept"), actor: me(ctx), object: follow }));
});

// --- what it does when told

let made = 0;
const fresh = (kind) => new URL(`${origin}/activities/${kind}/${++made}`);
const me = (ctx) => ctx.getActorUri(ME);

async function send(ctx, recipients, activity) {
  sent.set(activity.id.href, [recipients, activity]);
  await ctx.sendActivity({ identifier: ME }, recipients, activity, { preferSharedInbox: true });
  return { id: activity.id.href };
}

async function found(ctx, address) {
  const object = await ctx.lookupObject(address, { documentLoader: await ctx.getDocumentLoader({ identifier: ME }) });
  if (object == null) throw new Error(`nothing at ${address}`);
  return object;
}

function written(ctx, id, text, mentioned, parent) {
  const mentions = mentioned.map((each) => new Mention({ href: each.id, name: `@${each.preferredUsername}@${each.id.host}` }));
  return new Note({
    id: ctx.getObjectUri(Note, { id }),
    attribution: me(ctx),
    content: `<p>${text}</p>`,
    to: PUBLIC_COLLECTION,
    ccs: [ctx.getFollowersUri(ME), ...mentioned.map((each) => each.id)],
    tags: mentions,
    replyTarget: parent,
    published: Temporal.Now.instant(),
  });
}

async function publish(ctx, text, people, parent) {
  const id = String(++made);
  const note = written(ctx, id, text, people, parent);
  notes.set(id, note);
  const create = new Create({ id: fresh("create"), actor: me(ctx), object: note, to: PUBLIC_COLLECTION, ccs: note.ccIds });
  const all = new Map([...followers, ...people.map((each) => [each.id.href, each])]);
  await send(ctx, [...all.values()], create);
  return { id: note.id.href, activity: create.id.href };
}

const verbs = {
  lookup: async (ctx, { address }) => (await found(ctx, address)).toJsonLd(ctx),
  follow: async (ctx, { address }) => {
    const person = await found(ctx, address);
    return send(ctx, person, new Follow({ id: fresh("follow"), actor: me(ctx), object: person.id, to: person.id }));
  },
  post: async (ctx, { text, to }) => publish(ctx, text, to ? [await found(ctx, to)] : [], null),
  reply: async (ctx, { text, address, to }) => {
    const parent = await found(ctx, address);
    const named = [await parent.getAttribution(ctx), ...(to ? [await found(ctx, to)] : [])];
    return publish(ctx, text, named, parent.id);
  },
  like: async (ctx, { address }) => {
    const post = await found(ctx, address);
    return send(ctx, await post.getAttribution(ctx), new Like({ id: fresh("like"), actor: me(ctx), object: post.id }));
  },
  announce: async (ctx, { address }) => {
    const post = await found(ctx, address);
    const author = await post.getAttribution(ctx);
    const addressed = { to: PUBLIC_COLLECTION, ccs: [ctx.getFollowersUri(ME), author.id] };
    const all = new Map([...followers, [author.id.href, author]]);
    return send(ctx, [...all.values()], new Announce({ id: fresh("announce"), actor: me(ctx), object: post.id, ...addressed }));
  },
  undo: async (ctx, { id }) => {
    const [recipients, activity] = sent.get(id);
    return send(ctx, recipients, new Undo({ id: fresh("undo"), actor: me(ctx), object: activity }));
  },
  update: async (ctx, { id, text, to }) => {
    const key = id.split("/").at(-1);
    const note = notes.get(key).clone({ content: `<p>${text}</p>`, updated: Temporal.Now.instant() });
    notes.set(key, note);
    const person = await found(ctx, to);
    return send(ctx, person, new Update({ id: fresh("update"), actor: me(ctx), object: note, to: PUBLIC_COLLECTION }));
  },
  delete: async (ctx, { id, to }) => {
    notes.delete(id.split("/").at(-1));
    const gone = new Tombstone({ id: new URL(id) });
    return send(ctx, await found(ctx, to), new Delete({ id: fresh("delete"), actor: me(ctx), object: gone, to: PUBLIC_COLLECTION }));
  },
  rename: async (ctx, { name, to }) => {
    state.name = name;
    const actor = await person(ctx);
    return send(ctx, await found(ctx, to), new Update({ id: fresh("update"), actor: me(ctx), object: actor, to: PUBLIC_COLLECTION }));
  },
  // Answer 401 to POSTs signed by one scheme, as a server does that knows only the other.
  refuse: async (ctx, { scheme }) => {
    state.refuse = scheme;
    return {};
  },
};

// --- the public door, with TLS

async function asRequest(incoming) {
  const parts = [];
  for await (const part of incoming) parts.push(part);
  const headers = new Headers();
  for (let i = 0; i < incoming.rawHeaders.length; i += 2) headers.append(incoming.rawHeaders[i], incoming.rawHeaders[i + 1]);
  const body = Buffer.concat(parts);
  const init = { method: incoming.method, headers };
  if (incoming.method === "POST") init.body = body;
  return [new Request(`${origin}${incoming.url}`, init), body.toString()];
}

// What Fedify makes of a request's signature and of its body's proof, asked for one by one: in its inbox a good proof
// makes it not look at the signature.
async function judged(request, body) {
  const ctx = federation.createContext(new URL(origin), undefined);
  const loaders = { documentLoader: ctx.documentLoader, contextLoader: ctx.contextLoader };
  const note = {
    method: request.method, path: new URL(request.url).pathname, scheme: scheme(request.headers),
    headers: Object.fromEntries(request.headers), body, key: null, proof: null, status: 0,
  };
  if (note.scheme !== "none") note.key = (await verifyRequest(request.clone(), loaders))?.id?.href ?? null;
  if (request.method === "POST") {
    try {
      note.proof = (await verifyObject(Activity, JSON.parse(body), loaders)) != null;
    } catch (error) {
      note.proof = String(error);
    }
  }
  return note;
}

const tls = { cert: readFileSync(given.certificate), key: readFileSync(given.key) };
createServer(tls, async (incoming, outgoing) => {
  const [request, body] = await asRequest(incoming);
  const note = await judged(request, body);
  seen.asked.push(note);
  let response;
  if (request.method === "POST" && state.refuse === note.scheme) response = new Response("", { status: 401 });
  else response = await federation.fetch(request, { contextData: undefined });
  note.status = response.status;
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body) Readable.fromWeb(response.body).pipe(outgoing);
  else outgoing.end();
}).listen(given.port, "127.0.0.1");

// --- the test's door

createPlain(async (incoming, outgoing) => {
  let answer;
  try {
    if (incoming.method === "GET") answer = seen;
    else {
      const parts = [];
      for await (const part of incoming) parts.push(part);
      const { verb, ...more } = JSON.parse(Buffer.concat(parts).toString());
      answer = await verbs[verb](federation.createContext(new URL(origin), undefined), more);
    }
    outgoing.writeHead(200, { "content-type": "application/json" });
  } catch (error) {
    outgoing.writeHead(500, { "content-type": "application/json" });
    answer = { error: `${error.stack ?? error}` };
  }
  outgoing.end(JSON.stringify(answer));
}).listen(given.control, "127.0.0.1", () => console.log("ready"));
