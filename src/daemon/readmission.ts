import { z } from 'zod';
import { equalBytes, fromHex, toHex } from '../base/bytes.ts';
import { readmitOperation } from '../ledger/operation.ts';
import { type ReadmissionVote, readmissionOf, signReadmission } from '../node/readmission.ts';
import type { NodeConfig } from './node-config.ts';
import { readNodeParts } from './node-parts.ts';
import { DaemonRefusal } from './refusal.ts';

/** A line of JSON that one operator hands to another: what its node signed, for which cluster. */
const voteSchema = z.strictObject({
  chain_id: z.string().regex(/^[0-9a-f]{64}$/),
  replica: z.int().min(0).max(254),
  isolated_at: z.int().min(1),
  voter: z.int().min(0).max(254),
  signature: z.string().regex(/^([0-9a-f]{2}){1,128}$/),
});

const validatorsSchema = z.looseObject({
  n: z.int().min(1).max(255),
  validators: z.array(z.looseObject({ replica: z.int().min(0), public_key: z.string() })).max(255),
});
const answerSchema = z.looseObject({
  result: z.looseObject({ type: z.string(), reason: z.string().max(1024).optional() }),
});

const askMs = 35_000;
const maxAnswerBytes = 4 * 1024 * 1024;
/** Votes that are looked at; a cluster has fewer. */
const maxVotes = 1000;

/** An endpoint of a node: `http://127.0.0.1:8441`. Throws {@link DaemonRefusal} in its words. */
async function ask(endpoint: string, path: string, body?: object): Promise<unknown> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${endpoint}${path}`, {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      ...(body && { headers: { 'content-type': 'application/json' } }),
      signal: AbortSignal.timeout(askMs),
    });
    text = await response.text();
  } catch (error) {
    const reason = error instanceof Error ? (error.cause ?? error) : error;
    throw new DaemonRefusal('unavailable', `${endpoint}: does not answer (${reason})`, error);
  }
  if (!response.ok || text.length > maxAnswerBytes) {
    const said = text.slice(0, 300);
    throw new DaemonRefusal('unavailable', `${endpoint}${path}: ${response.status} ${said}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DaemonRefusal('unavailable', `${endpoint}${path}: no JSON came back`, error);
  }
}

async function order(endpoint: string, operation: Uint8Array) {
  const answer = await ask(endpoint, '/consensus/operations', { operation: toHex(operation) });
  return answerSchema.parse(answer).result;
}

/**
 * Has this node's key sign that `replica`, by its place in genesis, may come back, and returns the
 * line to hand on. Which isolation that ends a quorum says, asked at `endpoint`.
 */
export async function voteToReadmit(
  config: NodeConfig,
  replica: number,
  endpoint: string,
): Promise<string> {
  const { genesisFile, key } = readNodeParts(config);
  const { validators, standbys } = genesisFile.deployment;
  const accused = [...validators.publicKeys, ...standbys][replica];
  if (accused === undefined) {
    const nodes = validators.publicKeys.length + standbys.length;
    throw refuse(`--replica: found ${replica}; allowed: 0 to ${nodes - 1}, the nodes of genesis`);
  }
  const told = validatorsSchema.parse(await ask(endpoint, '/consensus/validators'));
  const placeOf = (publicKey: Uint8Array, who: string): number => {
    const found = told.validators.find(({ public_key }) => public_key === toHex(publicKey));
    if (found === undefined) throw refuse(`${who} is no validator now, by the word of ${endpoint}`);
    return found.replica;
  };
  const place = placeOf(accused, `replica ${replica}`);
  const voter = placeOf(key.signer.publicKey, 'this node');
  if (equalBytes(accused, key.signer.publicKey)) {
    throw refuse('this node is the isolated one: the others have to take it back');
  }
  const isolatedAt = await isolationOf(place, replica, endpoint);
  const { chainId } = validators;
  const vote = signReadmission(place, isolatedAt, voter, { chainId, signer: key.signer });
  return JSON.stringify({
    chain_id: chainId,
    replica: place,
    isolated_at: isolatedAt,
    voter,
    signature: toHex(vote.vote.signature),
  });
}

/** By the answer to a readmission that nobody signed: a quorum's word, where nobody's alone is. */
async function isolationOf(place: number, replica: number, endpoint: string): Promise<number> {
  // Never a sequence there is, and another one each time: the same question has one answer.
  const never = Number.MAX_SAFE_INTEGER - Date.now();
  const { reason = '' } = await order(endpoint, readmitOperation(place, never, []));
  const isolatedAt = /^isolated at ([0-9]+)$/.exec(reason)?.[1];
  if (isolatedAt === undefined) throw refuse(`replica ${replica}: ${reason}`);
  return Number(isolatedAt);
}

/** What the lines of some files say, of one cluster; a bad line is named by `file:line`. */
export function readVotes(files: readonly { readonly name: string; readonly text: string }[]) {
  const votes: (ReadmissionVote & { readonly chainId: string })[] = [];
  for (const { name, text } of files) {
    for (const [i, line] of text.split('\n').entries()) {
      if (line.trim() === '') continue;
      const place = `${name}:${i + 1}`;
      const vote = voteIn(line);
      if (vote === null) throw refuse(`${place}: found no vote; allowed: lines of readmit vote`);
      if (votes.length >= maxVotes) throw refuse(`${place}: found more than ${maxVotes} votes`);
      const [first = vote] = votes;
      if (vote.chainId !== first.chainId) throw refuse(`${place}: found a vote of another cluster`);
      if (vote.replica !== first.replica || vote.isolatedAt !== first.isolatedAt) {
        const found = `replica ${vote.replica} isolated at ${vote.isolatedAt}`;
        const allowed = `replica ${first.replica} isolated at ${first.isolatedAt}, like the others`;
        throw refuse(`${place}: found a vote about ${found}; allowed: ${allowed}`);
      }
      votes.push(vote);
    }
  }
  return votes;
}

function voteIn(line: string): (ReadmissionVote & { readonly chainId: string }) | null {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return null;
  }
  const parsed = voteSchema.safeParse(json);
  if (!parsed.success) return null;
  const { chain_id: chainId, replica, isolated_at: isolatedAt, voter, signature } = parsed.data;
  const bytes = fromHex(signature) ?? new Uint8Array();
  return { chainId, replica, isolatedAt, vote: { replica: voter, signature: bytes } };
}

/** Has the cluster decide; null when it did, or why it did not. */
export async function submitReadmission(
  votes: readonly ReadmissionVote[],
  endpoint: string,
): Promise<string | null> {
  const { n } = validatorsSchema.parse(await ask(endpoint, '/consensus/validators'));
  const operation = readmissionOf(votes, n);
  const voters = new Set(votes.map(({ vote }) => vote.replica)).size;
  if (operation === null) return `${voters} of ${n} validators signed: no quorum`;
  const { type, reason = '' } = await order(endpoint, operation);
  return type === 'accepted' ? null : reason;
}

function refuse(message: string): DaemonRefusal {
  return new DaemonRefusal('badInput', message);
}
