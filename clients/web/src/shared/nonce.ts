/** The page's policy allows the styles that scripts add only with the nonce of its response. */
export const nonce = document.querySelector<HTMLElement>('meta[property="csp-nonce"]')?.nonce ?? '';

// Mantine's modals and drawers stop the page behind them from scrolling with a style of react-remove-scroll, which knows
// nothing of `getStyleNonce`. It looks for a global of webpack.
Object.assign(globalThis, { __webpack_nonce__: nonce });
