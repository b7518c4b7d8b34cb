import { defineGateway } from 'millrace';
import { shop } from './src/shop/shop.js';

/** This repository is a project of its own: the shop, and the storefront that `npm run build` makes of clients/web. */
export default defineGateway({
  ...shop({ paymentUrl: process.env['PAYMENT_URL'] }),
  pages: 'dist/web/storefront',
});
