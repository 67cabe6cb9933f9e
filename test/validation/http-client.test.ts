import { describe, expect, it, onTestFinished } from 'vitest';
import type { Signer } from '../../src/base/signature.ts';
import { checkCertifiedAnswer } from '../../src/pbft/certified-answer.ts';
import { requestDigest } from '../../src/pbft/envelope.ts';
import { HttpValidator, type HttpValidatorOptions } from '../../src/validation/http-client.ts';
import { NoAnswer } from '../../src/validation/http-fault.ts';
import { type HttpPolicy, localhostHttpPolicy } from '../../src/validation/http-policy.ts';
import { certifiedToJson } from '../../src/validation/wire/result-certificate-json.ts';
import { signersOf } from '../ledger/epochs.ts';
import { beginningWithTheFirst, nop, validateRequest } from './http-cluster.ts';
import { answerJson, changesJson, type FakeNode, fakeNodes, honest, reply } from './http-fakes.ts';
import { lies } from './http-lies.ts';

/** A client of these nodes that begins with the first one. */
function clientOf(
  nodes: readonly FakeNode[],
  policy: Partial<HttpPolicy> = {},
  options: Partial<HttpValidatorOptions> = {},
): HttpValidator {
  const client = new HttpValidator({
    endpoints: nodes.map(({ url }) => url),
    epochs: nodes[0]!.cluster.chain(),
    policy: { ...localhostHttpPolicy, retryMs: 10, hedgeMs: 20_000, ...policy },
    random: beginningWithTheFirst(nodes.length),
    ...options,
  });
  onTestFinished(() => client.stop());
  return client;
}

async function failureOf(promise: Promise<unknown>): Promise<NoAnswer> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof NoAnswer)) throw new Error(`no NoAnswer but ${error}`);
  return error;
}

describe('a client over HTTP among honest nodes', () => {
  it.each([
    ['a certificate request', validateRequest(1), 'valid'],
    ['any other operation', nop(1), 'accepted'],
  ])('hands over what a quorum signed of %s', async (_, operation, status) => {
    const nodes = await fakeNodes(honest, honest);
    const client = clientOf(nodes);
    const answer = await client.execute(operation);
    expect(answer.status).toBe(status);
    const { validators, verify } = nodes[0]!.cluster.chain().current;
    const digest = requestDigest(operation);
    expect(checkCertifiedAnswer(answer.certified, digest, validators, verify)).toBeNull();
    expect(nodes.map(({ operations }) => operations)).toEqual([[operation], []]);
  });
});

describe('a client over HTTP among liars', () => {
  const names = Object.keys(lies);

  it.each(names)('goes on to an honest node from one that %s', async (name) => {
    const { conduct, kind, needsPatience } = lies[name]!;
    const nodes = await fakeNodes(conduct, honest);
    const client = clientOf(nodes, needsPatience ? { hedgeMs: 50 } : {});
    const operation = validateRequest(1);
    const { status, certified } = await client.execute(operation);
    expect(status).toBe('valid');
    const truth = certifiedToJson(nodes[0]!.cluster.certify(operation));
    expect(certifiedToJson(certified)).toEqual(truth);
    // Who is only outrun has not failed yet when the answer is there.
    const [liar] = client.statistics.endpoints;
    if (!needsPatience) expect(liar?.failures).toEqual({ [kind]: 1 });
  });

  it.each(names)('says so when its only node %s', async (name) => {
    const { conduct, kind, detail, needsPatience } = lies[name]!;
    const nodes = await fakeNodes(conduct);
    const client = clientOf(nodes, { retries: 0, attemptMs: needsPatience ? 150 : 20_000 });
    const error = await failureOf(client.ask(validateRequest(1)));
    expect(error.code).toBe('HYPERMESH_NO_ANSWER');
    expect(error.faults).toMatchObject([{ endpoint: nodes[0]!.url, kind, attempts: 1 }]);
    expect(error.faults[0]?.detail).toMatch(detail);
    expect(error.message).toContain(`${nodes[0]!.url}: ${kind}: `);
  });

  it('names what each of them did when all of them lie at once', async () => {
    const nodes = await fakeNodes(...names.map((name) => lies[name]!.conduct));
    const policy = { timeoutMs: 20_000, retries: 0, attemptMs: 4_000, hedgeMs: 10 };
    const error = await failureOf(clientOf(nodes, policy).ask(validateRequest(1)));
    const told = Object.fromEntries(error.faults.map(({ endpoint, kind }) => [endpoint, kind]));
    const expected = names.map((name, i) => [nodes[i]!.url, lies[name]!.kind]);
    expect(told).toEqual(Object.fromEntries(expected));
  });

  it('takes a certified refusal from a node that calls it valid, and strikes it', async () => {
    const failure = { proof: 'stake', reason: 'too small', measured: '1', required: '2' } as const;
    const nodes = await fakeNodes(({ operation, cluster, response }) => {
      const json = answerJson(cluster.certify(operation, { failures: [failure] }));
      reply(response, 200, { ...json, status: 'valid' });
    });
    const client = clientOf(nodes);
    expect((await client.execute(validateRequest(1))).status).toBe('invalid');
    const [endpoint] = client.statistics.endpoints;
    expect(endpoint).toMatchObject({ breaker: 'open', answers: 1, failures: { lying: 1 } });
  });
});

describe('a client over HTTP whose cluster changes members', () => {
  const newMembers = signersOf(5, 2, 3, 4) as Signer[];

  it('follows to the epoch of an answer, by changes its own validators certified', async () => {
    const [node] = (await fakeNodes(({ operation, cluster, response }) => {
      reply(response, 200, answerJson(cluster.certify(operation, { epoch: 1 })));
    })) as [FakeNode];
    node.changes = changesJson(node.cluster);
    const client = clientOf([node]);
    const answer = await client.ask(nop(1));
    expect(answer.certificate.statement.epoch).toBe(1);
    await client.ask(nop(2));
    expect(node.asked).toBe(3); // one question each, and one for the change
  });

  it.each([
    ['shows no change', []],
    ['shows a change of its own making', 'forged'],
    ['does not answer', undefined],
  ])('believes no new members of a node that %s', async (_, shown) => {
    const [node] = (await fakeNodes(({ operation, cluster, response }) => {
      reply(response, 200, answerJson(cluster.certify(operation, { epoch: 1 })));
    })) as [FakeNode];
    const json = changesJson(node.cluster) as { certificate: { votes: unknown[] } }[];
    json[0]!.certificate.votes.pop();
    node.changes = shown === 'forged' ? json : shown;
    const error = await failureOf(clientOf([node], { retries: 0 }).ask(nop(1)));
    expect(error.faults[0]?.kind).toBe(shown === undefined ? 'rejected' : 'lying');
  });

  it('takes no word of members who have left, past the end of their epoch', async () => {
    const [node] = (await fakeNodes(({ operation, cluster, response }) => {
      reply(response, 200, answerJson(cluster.certify(operation, { epoch: 0, sequence: 17 })));
    })) as [FakeNode];
    const epochs = node.cluster.chain();
    expect(epochs.extend(node.cluster.changes[0]!)).toBeNull();
    const client = clientOf([node], { retries: 0 }, { epochs });
    const error = await failureOf(client.ask(nop(1)));
    expect(error.faults[0]?.detail).toBe('sequence 17: epoch 0 ended with 16');
    expect(epochs.current.validators.publicKeys).toEqual(newMembers.map((s) => s.publicKey));
  });
});
