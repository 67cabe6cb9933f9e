/** Of a parcel that nobody waits for. */
const nothing = new Uint8Array();

/**
 * Frames under way, by number: one for all receivers of a broadcast, so that what falls due for
 * each of them is a number and no object. A number is free again when the last of them has come.
 */
export class Parcels {
  private readonly frames: Uint8Array[] = [];
  private readonly senders: number[] = [];
  /** How often each is still to come. */
  private readonly underWay: number[] = [];
  private readonly free: number[] = [];
  /** The parcel taken last: a broadcast is one frame sent several times in a row. */
  private newest = -1;

  /** The number of `frame` from `sender`, to come once more. */
  take(sender: number, frame: Uint8Array): number {
    const { newest } = this;
    if (newest >= 0 && this.frames[newest] === frame && this.senders[newest] === sender) {
      this.underWay[newest] = (this.underWay[newest] as number) + 1;
      return newest;
    }
    const parcel = this.free.pop() ?? this.frames.length;
    this.frames[parcel] = frame;
    this.senders[parcel] = sender;
    this.underWay[parcel] = 1;
    this.newest = parcel;
    return parcel;
  }

  frameOf(parcel: number): Uint8Array {
    return this.frames[parcel] as Uint8Array;
  }

  senderOf(parcel: number): number {
    return this.senders[parcel] as number;
  }

  /** It came once. */
  release(parcel: number): void {
    const left = (this.underWay[parcel] as number) - 1;
    this.underWay[parcel] = left;
    if (left > 0) return;
    this.frames[parcel] = nothing;
    this.free.push(parcel);
  }
}
