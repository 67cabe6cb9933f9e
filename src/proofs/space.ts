/**
 * Where: the node keeps a plot that cannot serve another key.
 *
 * Proves: at the time the context became known, the node could produce the labels at positions it
 * did not choose, of a plot bound to its key and registered beforehand. A node that keeps a share
 * 1 − ε of its labels and cannot remake the rest in time answers k openings with probability at
 * most (1 − ε)^k. To remake a single label of a plot whose other rows are gone takes over a third
 * of the hashes of the whole plot (measured, with the rates above: `bench/cheating-plots.ts`).
 * Where a node is reached is the signed record of `network-position.ts`.
 *
 * Does not prove: any place or distance; that the space is the node's own and not rented; that a
 * small plot was kept and not remade: a third of 1 MiB takes a core a tenth of a second, far less
 * than any profile's time offset, and of 1 GiB about 100 s, more than the default profile allows,
 * but not to many cores or to hardware made for it; the share a scale factor adds, which is
 * declared; nor a tight bound, as three rows leave trade-offs of space for time (`plot-graph.ts`).
 */
import type { Digest } from '../base/digest.ts';
import { drawPositions } from './context.ts';
import { labelBytes, verifyTogether } from './label-tree.ts';
import { limits } from './limits.ts';
import { isPlotSize } from './plot.ts';
import type { ProofFailure, ProofReport } from './request.ts';
import { type AnyPlot, openPlot } from './stored-plot.ts';

/** Openings of a registered plot at positions drawn from the request's context. */
export interface SpaceProof {
  /** Merkle root over the kept row of the plot. */
  readonly root: Digest;
  /** Labels in the plot, a power of two; each is 32 bytes. */
  readonly labels: number;
  /** Bytes claimed for each byte stored: 1 for real plots, more in simulation. */
  readonly scaleFactor: number;
  /** The labels at the drawn positions, ascending, 32 bytes each. */
  readonly opened: readonly Uint8Array[];
  /**
   * What else it takes to rebuild the root, level by level from the leaves, left to right: hashes
   * of 32 bytes side by side, some sixty of them in every request.
   */
  readonly siblings: Uint8Array;
}

/** Each request: with ε = 10 % missing, 34 % of the requests fail, so a cheat soon shows. */
export const requestOpenings = 4;

/**
 * The full challenge, once an epoch and at registration: (1 − 0.10)^66 = 9.6 × 10⁻⁴ < 10⁻³, and
 * 65 would give 1.06 × 10⁻³. Positions are distinct, which only lowers the chance to escape.
 */
export const challengeOpenings = 66;

/** Bytes that a plot stands for, its declared scale included. */
export function claimedBytes(plot: { labels: number; scaleFactor: number }): number {
  return plot.labels * labelBytes * plot.scaleFactor;
}

/** Opens `count` positions drawn from `context` (32 bytes). */
export function makeSpace(plot: AnyPlot, context: Uint8Array, count = requestOpenings): SpaceProof {
  const positions = drawPositions(context, count, plot.labels);
  return {
    root: plot.root,
    labels: plot.labels,
    scaleFactor: plot.scaleFactor,
    ...openPlot(plot, positions),
  };
}

/** True when the openings are at the drawn positions and lead to the root the proof names. */
export function openingsHold(
  proof: SpaceProof,
  context: Uint8Array,
  count = requestOpenings,
): boolean {
  if (!isPlotSize(proof.labels) || proof.opened.length !== count) return false;
  const positions = drawPositions(context, count, proof.labels);
  return verifyTogether(proof.root, proof.labels, positions, proof.opened, proof.siblings);
}

/** Openings of one challenge, checked: how many were drawn, and whether they lead to the root. */
export interface CheckedOpenings {
  readonly count: number;
  readonly hold: boolean;
}

/** {@link openingsHold} with the count that was asked for. */
export function checkOpenings(
  proof: SpaceProof,
  context: Uint8Array,
  count = requestOpenings,
): CheckedOpenings {
  return { count, hold: openingsHold(proof, context, count) };
}

/** What needs no state: size and openings. `minimumStorageBytes` is the target. */
export function checkSpace(
  proof: SpaceProof,
  openings: CheckedOpenings,
  minimumStorageBytes: number,
): ProofReport {
  const measure = {
    measured: `${claimedBytes(proof)} bytes`,
    required: `${minimumStorageBytes} bytes`,
  };
  const failures: ProofFailure[] = [];
  const { scaleFactor } = proof;
  if (!Number.isInteger(scaleFactor) || scaleFactor < 1 || scaleFactor > limits.maxScaleFactor) {
    failures.push(
      failure('scale factor out of range', `${scaleFactor}`, `1 to ${limits.maxScaleFactor}`),
    );
  }
  if (claimedBytes(proof) < minimumStorageBytes) {
    failures.push({ proof: 'space', reason: 'plot too small', ...measure });
  }
  if (!openings.hold) {
    const required = `${openings.count} openings`;
    failures.push(failure('openings do not lead to the root', 'invalid openings', required));
  }
  return { ...measure, failures };
}

/** A plot as the ledger knows it. */
export interface RegisteredPlot {
  readonly root: Digest;
  readonly labels: number;
  readonly scaleFactor: number;
}

/** What needs state: the proof opens the very plot that is registered for the node. */
export function checkRegistered(proof: SpaceProof, plot: RegisteredPlot | null): ProofFailure[] {
  if (plot === null) return [failure('no plot is registered for this node', 'none', 'a plot')];
  const failures: ProofFailure[] = [];
  if (proof.root !== plot.root) {
    failures.push(failure('not the registered plot', short(proof.root), short(plot.root)));
  }
  if (proof.labels !== plot.labels || proof.scaleFactor !== plot.scaleFactor) {
    const measured = `${proof.labels} labels × ${proof.scaleFactor}`;
    const required = `${plot.labels} labels × ${plot.scaleFactor}`;
    failures.push(failure('not the registered size', measured, required));
  }
  return failures;
}

function failure(reason: string, measured: string, required: string): ProofFailure {
  return { proof: 'space', reason, measured, required };
}

function short(digest: Digest): string {
  return `root ${digest.slice(0, 16)}`;
}
