import { expect, test } from 'vitest';
import { ed25519, type Signer } from '../../src/base/signature.ts';
import { EpochChain } from '../../src/ledger/epoch-chain.ts';
import { epochChainId, voteVerifier } from '../../src/pbft/envelope.ts';
import { formatValidatorsFile, parseValidatorsFile } from '../../src/trustchain/validators-file.ts';
import { type VerificationInput, verifyCertificate } from '../../src/trustchain/verify.ts';
import { changeTo, signersOf } from '../ledger/epochs.ts';
import { FakeCluster, issue, makeAuthority } from './fake-cluster.ts';

/** Four replicas of one cluster, as those of a given epoch of it. */
class EpochCluster extends FakeCluster {
  constructor(clusterId: string, epoch: number, signers: readonly Signer[]) {
    super(4);
    const publicKeys = signers.map(({ publicKey }) => publicKey);
    const chainId = epochChainId(clusterId, epoch);
    Object.assign(this, { validators: { chainId, epoch, publicKeys }, signers });
  }
}

const clusterId = 'c1'.repeat(32);
const rosters = [signersOf(1, 2, 3, 4), signersOf(5, 2, 3, 4), signersOf(5, 6, 3, 4)];
const roster = (epoch: number) => rosters[epoch] as Signer[];
// One vote more than a quorum: the file holds exactly a quorum's.
const one = changeTo(clusterId, 0, roster(0), roster(1), { votes: 4 });
const two = changeTo(clusterId, 1, roster(1), roster(2));

/** A certificate of each epoch, and validators.json at its issue. */
function issuedInEachEpoch() {
  const first = new EpochCluster(clusterId, 0, roster(0));
  const { validators } = first;
  const epochs = new EpochChain(validators, (set) => voteVerifier(ed25519, set));
  const inputs: VerificationInput[] = [];
  for (const epoch of [0, 1, 2]) {
    if (epoch > 0) expect(epochs.extend(epoch === 1 ? one : two)).toBeNull();
    const cluster = new EpochCluster(clusterId, epoch, roster(epoch));
    // Inside the epoch's sequences: the fake begins at 40, epochs change at 16 and 32.
    Object.assign(cluster, { sequence: 16 * epoch + 3 });
    const options = { validators, epochs, verify: first.verify };
    const authority = makeAuthority(cluster, options);
    const { pem, proofJson } = issue(authority, cluster);
    const { validatorsJson, caPem } = authority;
    inputs.push({ certificatePem: pem, proofJson, validatorsJson, caPem });
  }
  return inputs as [VerificationInput, VerificationInput, VerificationInput];
}

const failed = (input: VerificationInput) =>
  verifyCertificate(input).checks.filter(({ ok }) => !ok);

test('One file verifies the certificates of every epoch, those before it grew too', () => {
  const inputs = issuedInEachEpoch();
  const { validatorsJson } = inputs[2];
  for (const input of inputs) {
    expect(failed(input)).toEqual([]);
    expect(failed({ ...input, validatorsJson })).toEqual([]);
  }
});

test('The file of a cluster without changes is what it was before there were any', () => {
  const [{ validatorsJson }] = issuedInEachEpoch();
  expect(Object.keys(JSON.parse(validatorsJson))).toEqual([
    'format',
    'chain_id',
    'epoch',
    'scheme',
    'extension_oid',
    'issuer',
    'log',
    'validators',
  ]);
});

test('A certificate of a later epoch does not verify without the changes that lead there', () => {
  const [early, , late] = issuedInEachEpoch();
  const [failure] = failed({ ...late, validatorsJson: early.validatorsJson });
  expect(failure).toMatchObject({ name: 'consensus extension' });
  expect(failure?.detail).toMatch(/epoch 2/);
});

test('Each change holds exactly a quorum of votes', () => {
  const [, , { validatorsJson }] = issuedInEachEpoch();
  const parsed = parseValidatorsFile(validatorsJson);
  if (!parsed.ok) throw new Error(parsed.reason);
  expect(parsed.value.changes?.map(({ certificate }) => certificate.votes.length)).toEqual([3, 3]);
  const more = formatValidatorsFile({ ...parsed.value, changes: [one, two] });
  const [, , late] = issuedInEachEpoch();
  expect(failed({ ...late, validatorsJson: more })).toMatchObject([
    { name: 'validators file', detail: expect.stringMatching(/4 votes, exactly 3 wanted/) },
  ]);
});

test.each([
  [0, 3],
  [2, 1],
])('No byte of the grown file can change under a certificate of epoch %i', (epoch) => {
  const inputs = issuedInEachEpoch();
  const text = inputs[2].validatorsJson;
  const input = { ...(inputs[epoch] as VerificationInput), proofJson: null, caPem: null };
  const undetected: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const other = [code ^ 1, code ^ 0x20, 0x30 + ((code + 1) % 10)][at % 3] as number;
    const changed = text.slice(0, at) + String.fromCharCode(other) + text.slice(at + 1);
    if (verifyCertificate({ ...input, validatorsJson: changed }).ok) undetected.push(at);
  }
  expect(undetected).toEqual([]);
});

test('What members sign past the end of their epoch certifies nothing', () => {
  const first = new EpochCluster(clusterId, 0, roster(0));
  const { validators, verify } = first;
  const epochs = new EpochChain(validators, (set) => voteVerifier(ed25519, set));
  Object.assign(first, { sequence: 16 });
  const authority = makeAuthority(first, { validators, epochs, verify });
  const { pem, proofJson } = issue(authority, first);
  const input = { certificatePem: pem, proofJson, caPem: authority.caPem };
  expect(failed({ ...input, validatorsJson: authority.validatorsJson })).toEqual([]);
  expect(epochs.extend(one)).toBeNull();
  const { validatorsJson } = authority;
  expect(failed({ ...input, validatorsJson })).toMatchObject([
    { name: 'quorum', detail: expect.stringMatching(/epoch 0 ended with 16/) },
  ]);
  expect(() => issue(authority, first, 'r-2')).toThrow(/epoch 0 ended with 16/);
});
