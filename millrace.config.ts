import { shop } from './src/shop/shop.js';

/** This repository is a project of its own: the shop. */
export default shop({ paymentUrl: process.env['PAYMENT_URL'] });
