import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { ed25519 } from '../../src/base/signature.ts';
import { type HolderOrder, isolateOperation, orderOperation } from '../../src/ledger/operation.ts';
import { checkCertifiedAnswer } from '../../src/pbft/certified-answer.ts';
import { requestDigest, voteVerifier } from '../../src/pbft/envelope.ts';
import { signPosition } from '../../src/proofs/network-position.ts';
import { makePlot } from '../../src/proofs/plot.ts';
import { makeRegistration } from '../../src/proofs/registration.ts';
import { certifiedFromJson } from '../../src/validation/wire/result-certificate-json.ts';
import { genesis, holders } from '../ledger/fixtures.ts';
import { chainId, requirements } from '../proofs/fixtures.ts';
import { ask, certificate, expectProblem, operations } from './asking.ts';
import { certificateBody, nextSequence } from './bodies.ts';
import { HttpCluster } from './cluster.ts';

const holder = holders[1]!;

function order(what: HolderOrder, signer = holder.signer): { operation: string } {
  const sequence = nextSequence(holder);
  return { operation: toHex(orderOperation(chainId, signer, sequence, what)) };
}

describe('a node outside, over HTTP alone', () => {
  let cluster: HttpCluster;
  beforeAll(async () => {
    cluster = await HttpCluster.start();
  });
  afterAll(() => cluster.stop());

  it('learns the terms, and that a quorum says so', async () => {
    const terms = (await ask(cluster, 'GET', '/consensus/terms')).json();
    expect(terms).toMatchObject({
      chain_id: chainId,
      epoch: 0,
      compute_bits: requirements.minimumComputeBits,
      work_function: 'sha256',
      requirements: { minimum_stake: 100, minimum_storage: 2 ** 20 },
      attestation_epochs: 0,
      position_required: false,
    });
    const certified = certifiedFromJson(terms.result_certificate);
    const validators = { chainId, epoch: 0, publicKeys: genesis.validators };
    const { requestDigest: digest } = certified.answer;
    const verify = voteVerifier(ed25519, validators);
    expect(checkCertifiedAnswer(certified, digest, validators, verify)).toBeNull();
  });

  it('learns who votes, and that nobody followed on them yet', async () => {
    const told = (await ask(cluster, 'GET', '/consensus/validators')).json();
    expect(told).toMatchObject({ epoch: 0, n: 4, f: 1, quorum: 3, changes: [], standbys: [] });
    expect(told.first_epoch.public_keys).toEqual(genesis.validators.map(toHex));
    expect(told.validators[2]).toMatchObject({ replica: 2, standing: 'trusted' });
  });

  it('registers another plot, and proves with it from then on', async () => {
    const { beacon } = (await ask(cluster, 'GET', '/consensus/terms')).json();
    const plot = makePlot(holder.nodeId, 2048, 32);
    const context = { chainId, beacon, nodeId: holder.nodeId };
    const registration = makeRegistration(context, 2048, 32);
    const registering = order({ type: 'registerPlot', beacon, registration });
    const registered = await ask(cluster, 'POST', operations, { payload: registering });
    expect(registered.json().result).toEqual({ type: 'registered', root: plot.root });
    const digest = requestDigest(Buffer.from(registering.operation, 'hex'));
    expect(registered.json().request_digest).toBe(digest);
    const payload = await certificateBody(cluster.server(), { holder: 1, change: { plot } });
    const answer = await ask(cluster, 'POST', certificate, { payload });
    expect(answer.json()).toMatchObject({ status: 'valid' });
    const old = await certificateBody(cluster.server(), { holder: 1 });
    const refused = await ask(cluster, 'POST', certificate, { payload: old });
    expect(refused.json()).toMatchObject({ status: 'invalid', failed_proofs: ['space'] });
  });

  it('is told by a quorum what the ledger refuses', async () => {
    const poor = order({ type: 'lock', amount: 1e9, untilMs: 2e12 });
    const answer = await ask(cluster, 'POST', operations, { payload: poor });
    expect(answer.json().result).toMatchObject({ type: 'refused' });
    const stranger = ed25519.signer(new Uint8Array(32).fill(77));
    const foreign = order({ type: 'unlock', amount: 1 }, stranger);
    const other = await ask(cluster, 'POST', operations, { payload: foreign });
    expect(other.json().result).toEqual({ type: 'refused', reason: 'no such account' });
  });

  it('is told at once what no replica would take from here', async () => {
    const junk = await ask(cluster, 'POST', operations, { payload: { operation: 'ff00' } });
    expectProblem(junk, 400, 'malformed');
    expect(junk.json().errors[0].pointer).toBe('/operation');
    const { beacon } = (await ask(cluster, 'GET', '/consensus/terms')).json();
    const context = { chainId, beacon, nodeId: holder.nodeId };
    const registration = makeRegistration(context, 1024, 32);
    const position = signPosition(holder.signer, 1, []);
    const what = { type: 'registerPlot', beacon, registration, position } as const;
    const answer = await ask(cluster, 'POST', operations, { payload: order(what) });
    expectProblem(answer, 422, 'impossible');
    // Brought on, it would be held against the node that only passed it on.
    const slander = { operation: toHex(isolateOperation(new Uint8Array([1]))) };
    const evidence = await ask(cluster, 'POST', operations, { payload: slander });
    expectProblem(evidence, 422, 'impossible');
  });
});
