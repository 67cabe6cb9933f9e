import { X509Certificate } from 'node:crypto';
import { assert } from '../../base/assert.ts';
import { equalBytes, toHex } from '../../base/bytes.ts';
import { type Digest, sha256 } from '../../base/digest.ts';
import { leafHash, verifyMerklePath } from '../../base/merkle.ts';
import { decisionsIn, decodeResult } from '../../ledger/result.ts';
import { readSigned, readTbs } from '../../trustchain/certificate-reader.ts';
import { stripToTbs0, tbs0Digest } from '../../trustchain/leaf.ts';
import {
  type AnsweringLog,
  getEntryAndProof,
  getSth,
  getSthConsistency,
} from '../../trustchain/log/answers.ts';
import { encodeLeaf } from '../../trustchain/log/entry.ts';
import { promisedTbs } from '../../trustchain/log/precertificate.ts';
import { type TreeClaim, verifyConsistency } from '../../trustchain/log/proof-check.ts';
import { sctOf, verifySct } from '../../trustchain/log/sct.ts';
import { emptyRoot } from '../../trustchain/log/tree.ts';
import type { Acknowledged, Checker, Finding, Issued } from './checker.ts';

/** What the policy of scenarios allows, said once more: names under mesh, addresses in fd00::/8. */
const allowedNames =
  /^(DNS:(?!(ca|trustchain)\.mesh$)[a-z0-9-]+(\.[a-z0-9-]+)*\.mesh|IP Address:FD[0-9A-F:]+)$/;

/**
 * What was issued was allowed by the policy, voted valid, entered into the log and written down.
 * Judges each certificate as its requester got it, and the log as a monitor does: from its answers.
 */
export class IssuanceChecker implements Checker {
  readonly name = 'issuance';
  /** TBS digests that a quorum called valid, by the operation's digest. */
  private readonly voted = new Map<Digest, readonly Digest[]>();
  private readonly serials = new Set<string>();
  private readonly entries = new Set<number>();
  private head: TreeClaim | null = null;
  private log: AnsweringLog | null = null;

  onAcknowledged({ requestDigest, certified }: Acknowledged): null {
    const result = decodeResult(certified.answer.result);
    const decisions = result.ok ? decisionsIn(result.value) : [];
    const valid = decisions.filter(({ status }) => status === 'valid');
    const voted = valid.flatMap(({ tbsDigest }) => tbsDigest ?? []);
    if (voted.length > 0) this.voted.set(requestDigest, voted);
    return null;
  }

  onIssued(issued: Issued): Finding | null {
    this.log = issued.answering;
    const fault =
      this.policyFault(issued) ??
      this.voteFault(issued) ??
      this.promiseFault(issued) ??
      this.treeFault(issued) ??
      (issued.recorded ? null : 'its authority does not have it');
    return fault === null ? null : this.finding(issued, fault);
  }

  onEnd(): Finding | null {
    const size = this.log?.log.size ?? 0;
    if (size === this.entries.size) return null;
    const detail = `the log has ${size} entries, ${this.entries.size} certificates were issued`;
    return { sequence: null, replicas: [], detail };
  }

  private finding({ certificate }: Issued, fault: string): Finding {
    const detail = `certificate ${certificate.serial} was issued, but ${fault}`;
    return { sequence: certificate.sequence, replicas: [], detail };
  }

  private policyFault({ certificate }: Issued): string | null {
    const { subjectAltName } = new X509Certificate(certificate.pem);
    const names = subjectAltName?.split(', ') ?? [];
    if (names.length === 0) return 'it names nobody';
    const wrong = names.find((name) => !allowedNames.test(name));
    return wrong === undefined ? null : `the policy does not allow ${wrong}`;
  }

  private voteFault(issued: Issued): string | null {
    const { certificate, certified, extensionOid, answering } = issued;
    if (this.serials.has(certificate.serial)) return 'its serial was used before';
    this.serials.add(certificate.serial);
    const tbs0 = stripToTbs0(tbsOf(issued), extensionOid);
    if (tbs0 === null) return 'it is no certificate';
    const voted = this.voted.get(certified.answer.requestDigest);
    if (voted === undefined) return 'no client was told that its request is valid';
    const digest = tbs0Digest(keyHashOf(answering), tbs0);
    return voted.includes(digest) ? null : 'the vote was on another one';
  }

  private promiseFault(issued: Issued): string | null {
    const { certificate, answering } = issued;
    const toBeSigned = tbsOf(issued);
    const sct = sctOf(toBeSigned);
    const tbs = promisedTbs(toBeSigned);
    if (sct === null || tbs === null) return 'it carries no SCT';
    const content = { timestampMs: sct.timestampMs, issuerKeyHash: keyHashOf(answering), tbs };
    if (!verifySct(answering.log.key.publicKey, sct, content)) return 'its SCT is forged';
    const { logIndex } = certificate;
    if (this.entries.has(logIndex)) return `log entry ${logIndex} is another certificate’s`;
    this.entries.add(logIndex);
    return entryFault(answering, logIndex, encodeLeaf(content));
  }

  private treeFault({ answering }: Issued): string | null {
    const head = headOf(answering);
    const before = this.head ?? { size: 0, root: emptyRoot };
    this.head = head;
    const query = { first: String(before.size), second: String(head.size) };
    const answer = getSthConsistency(answering, query);
    if (!answer.ok) return answer.detail;
    return verifyConsistency(before, head, answer.body.consistency.map(fromBase64))
      ? null
      : `the log of ${head.size} entries does not begin with that of ${before.size}`;
  }
}

/** What is wrong with the log's entry `index`, which should be `leaf`. */
function entryFault(answering: AnsweringLog, index: number, leaf: Uint8Array): string | null {
  const { size, root } = headOf(answering);
  const query = { leaf_index: String(index), tree_size: String(size) };
  const answer = getEntryAndProof(answering, query);
  if (!answer.ok) return answer.detail;
  const { leaf_input: found, audit_path: path } = answer.body;
  if (!equalBytes(leaf, fromBase64(found))) return `log entry ${index} is another`;
  return verifyMerklePath(root, size, index, leafHash(leaf), path.map(fromBase64))
    ? null
    : `log entry ${index} is not under the tree head`;
}

function headOf(answering: AnsweringLog): TreeClaim {
  const { tree_size: size, sha256_root_hash: root } = getSth(answering).body;
  return { size, root: fromBase64(root) };
}

function keyHashOf({ issuerChain }: AnsweringLog): Digest {
  const [issuer] = issuerChain;
  const signed = issuer === undefined ? null : readSigned(issuer);
  const read = signed === null ? null : readTbs(signed.toBeSigned);
  assert(read !== null, 'the chain begins with the issuer’s certificate');
  return toHex(sha256(read.publicKey));
}

function tbsOf({ certificate }: Issued): Uint8Array {
  const signed = readSigned(new Uint8Array(new X509Certificate(certificate.pem).raw));
  assert(signed !== null, 'what node reads as a certificate has a signed part');
  return signed.toBeSigned;
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
