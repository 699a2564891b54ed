<?php
/**
 * Stands in for WordPress and WooCommerce: `php wordpress.php PLUGIN` prints the footer of a page.
 * What the page is, is told as JSON: {"product": 101, "user": 7, "secret": "…", "cart": "…", "rest": "…"}.
 */

declare( strict_types=1 );
error_reporting( E_ALL );
set_error_handler( function ( int $level, string $told ): bool {
	throw new ErrorException( $told, 0, $level );
} );

$page  = json_decode( file_get_contents( 'php://stdin' ), true, 8, JSON_THROW_ON_ERROR );
$hooks = array();

if ( '' !== $page['secret'] ) {
	define( 'SHELFWISE_SHOPPER_SECRET', $page['secret'] );
}

function add_action( string $hook, callable $run ): bool {
	$GLOBALS['hooks'][ $hook ][] = $run;
	return true;
}

function is_product(): bool {
	return $GLOBALS['page']['product'] > 0;
}

function get_queried_object_id(): int {
	return $GLOBALS['page']['product'];
}

function is_user_logged_in(): bool {
	return $GLOBALS['page']['user'] > 0;
}

function get_current_user_id(): int {
	return $GLOBALS['page']['user'];
}

function wc_get_cart_url(): string {
	return $GLOBALS['page']['cart'];
}

function rest_url( string $path ): string {
	return $GLOBALS['page']['rest'] . $path;
}

// As WordPress does: names and values are escaped, true is the bare name, false is left out.
function attributes_of( array $attributes ): string {
	$written = '';
	foreach ( $attributes as $name => $value ) {
		if ( is_bool( $value ) ) {
			$written .= $value ? ' ' . htmlspecialchars( $name, ENT_QUOTES ) : '';
		} else {
			$written .= ' ' . htmlspecialchars( $name, ENT_QUOTES ) . '="' . htmlspecialchars( $value, ENT_QUOTES ) . '"';
		}
	}
	return $written;
}

function wp_print_script_tag( array $attributes ): void {
	echo '<script' . attributes_of( $attributes ) . "></script>\n";
}

function wp_print_inline_script_tag( string $script, array $attributes = array() ): void {
	echo '<script' . attributes_of( $attributes ) . ">\n" . $script . "\n</script>\n";
}

require $argv[1];
foreach ( $hooks['wp_footer'] as $run ) {
	$run();
}
