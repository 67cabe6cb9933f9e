import type { Signer } from '../../src/base/signature.ts';
import { ed25519 } from '../../src/base/signature.ts';
import { makePlot, type Plot } from '../../src/proofs/plot.ts';
import { profiles } from '../../src/proofs/profiles.ts';
import { makeRequest, type RequestIngredients } from '../../src/proofs/proof-set.ts';
import type {
  Beacon,
  CertificateRequest,
  CertificateSubject,
  Requirements,
} from '../../src/proofs/request.ts';

export const chainId = 'c1'.repeat(32);
export const startMs = 1_700_000_000_000;
export const beacon: Beacon = { epoch: 7, value: 'be'.repeat(32) };

/** The localhost profile: 1 MiB by 1,024 labels that count 32-fold, 14 bits of work. */
export const requirements: Requirements = profiles.localhost;
export const plotLabels = 1024;
export const scaleFactor = 32;

export interface TestNode {
  readonly signer: Signer;
  readonly nodeId: Uint8Array;
  readonly plot: Plot;
}

const nodes = new Map<number, TestNode>();

/** Made once per test file: the same number is the same node everywhere. */
export function testNode(seed: number): TestNode {
  let node = nodes.get(seed);
  if (node === undefined) {
    const signer = ed25519.signer(new Uint8Array(32).fill(seed));
    const plot = makePlot(signer.publicKey, plotLabels, scaleFactor);
    node = { signer, nodeId: signer.publicKey, plot };
    nodes.set(seed, node);
  }
  return node;
}

export function subjectOf(
  node: TestNode,
  changes: Partial<CertificateSubject> = {},
): CertificateSubject {
  return {
    requestId: 'request-1',
    commonName: 'a.mesh',
    sanEntries: ['b.mesh', 'c.mesh'],
    nodeId: node.nodeId,
    ipv6Addresses: ['fd00::1'],
    publicKey: new Uint8Array(44).fill(9),
    tbsDigest: '7b'.repeat(32),
    notAfterMs: startMs + 86_400_000,
    requirements: null,
    ...changes,
  };
}

export function ingredientsOf(
  node: TestNode,
  changes: Partial<RequestIngredients> = {},
): RequestIngredients {
  return {
    chainId,
    subject: subjectOf(node),
    signer: node.signer,
    plot: node.plot,
    stakeAmount: 100,
    beacon,
    timestamp: startMs + 1000,
    sequence: 1,
    requirements,
    ...changes,
  };
}

export function requestOf(
  node: TestNode,
  changes: Partial<RequestIngredients> = {},
): CertificateRequest {
  return makeRequest(ingredientsOf(node, changes));
}

/** The bytes with one bit of byte `at` turned over. */
export function flip(bytes: Uint8Array, at: number, bit = 0): Uint8Array {
  const out = new Uint8Array(bytes);
  out[at] = (out[at] as number) ^ (1 << bit);
  return out;
}

/** Another digest that differs in its first character only. */
export function flipDigest(digest: string): string {
  return (digest.startsWith('0') ? '1' : '0') + digest.slice(1);
}
