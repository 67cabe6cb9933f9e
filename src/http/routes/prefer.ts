/** Whether a `Prefer` header (RFC 7240) names `respond-async`, whatever else it prefers. */
export function prefersAsync(header: string | readonly string[] | undefined): boolean {
  return [header ?? []]
    .flat()
    .flatMap((line) => line.split(','))
    .some((preference) => /^\s*respond-async\s*(;|$)/i.test(preference));
}
