/** `2026-11-30 20:47:12`, in the reader's zone. */
export function shownDateTime(iso: string): string {
  return `${shownDate(iso)} ${shownTime(iso).slice(0, 8)}`;
}

/** `2026-11-30`, in the reader's zone. */
export function shownDate(iso: string): string {
  const at = new Date(iso);
  return `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** `20:47:12.003`, in the reader's zone. */
export function shownTime(iso: string): string {
  const at = new Date(iso);
  const milliseconds = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${milliseconds}`;
}

const two = (number: number): string => String(number).padStart(2, '0');
