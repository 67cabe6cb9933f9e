import type { Clock } from '../../runtime/ports.ts';
import type { CertificateStore } from '../certificate-store.ts';
import type { RevocationDesk } from '../revocation-desk.ts';
import { certifiedHost } from './certified-host.ts';
import type { Zone } from './zone.ts';

/**
 * From now on `zone` says what the store does: names come with a certificate and go with its
 * revocation or its end. The zone has no record of its own on disk that could say otherwise.
 */
export function keepZone(
  zone: Zone,
  sources: { readonly store: CertificateStore; readonly revocations: RevocationDesk },
  clock: Clock,
): void {
  const { store, revocations } = sources;
  store.read({
    onAdded: ({ serial, notAfterMs }, der) => {
      if (revocations.get(serial) !== null) return;
      zone.add(serial, certifiedHost(der), notAfterMs, clock.nowMs());
    },
    onForgotten: (serial) => zone.remove(serial, clock.nowMs()),
  });
  revocations.read(({ serial }) => zone.remove(serial, clock.nowMs()));
}
