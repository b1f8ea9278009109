/** The drivers' limits on parameters are 32,766 and more. */
const chunkSize = 5000;

export function chunks<T>(items: readonly T[], size = chunkSize): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
